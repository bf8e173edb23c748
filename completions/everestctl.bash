# Completion of everestctl for bash. It needs no other package.
#
# Nothing of the line is expanded or run here; everestctl reads it, and answers with what is to be put in, quoted.

_everestctl() {
  local program=$1 line directive=''
  COMPREPLY=()
  # The one that Enter would run, by its absolute path: nothing of the current folder is run for a TAB.
  [[ $program == /* && -f $program && -x $program ]] || program=$(type -P everestctl)
  [[ $program == /* ]] || return 0
  while IFS= read -r line; do
    if [[ -z $directive ]]; then directive=${line#:}; else COMPREPLY+=("$line"); fi
  done < <("$program" __tab bash "${COMP_LINE:0:COMP_POINT}" "$2" "$COMP_TYPE" "${COLUMNS:-80}" 2>/dev/null </dev/null)
  case $directive in
    2 | 6) compopt -o nospace 2>/dev/null ;;
  esac
  case $directive in
    0 | 2) ((${#COMPREPLY[@]})) || compopt -o bashdefault -o default 2>/dev/null ;;
  esac
  return 0
}

complete -F _everestctl everestctl
