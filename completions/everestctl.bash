# Completion of everestctl for bash 4 and newer. It needs no other package.

_everestctl() {
  # The words as they are typed: bash cuts them at `=` and `:` too.
  local words=() rest=$COMP_LINE word i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i > 0)) && [[ -n $word && $rest != [[:space:]]* ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    rest=${rest#"${rest%%[![:space:]]*}"}
    rest=${rest#"$word"}
  done
  # A blank in a value is typed behind a backslash.
  words=("${words[@]//\\/}")
  local current=${words[${#words[@]} - 1]} lines=() line directive=0
  mapfile -t lines < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  ((${#lines[@]})) || return 0
  directive=${lines[${#lines[@]} - 1]#:}
  unset "lines[${#lines[@]} - 1]"

  # What stands before the last `=` or `:` is not replaced by bash.
  local kept=''
  [[ $current != *[=:]* ]] || kept=${current%"${current##*[=:]}"}
  local values=() longest=0
  for line in "${lines[@]}"; do
    word=${line%%$'\t'*}
    [[ $word == "$current"* ]] || continue
    values+=("$line")
    ((${#word} <= longest)) || longest=${#word}
  done
  COMPREPLY=()
  for line in "${values[@]}"; do
    word=${line%%$'\t'*}
    if ((${#values[@]} == 1)) || [[ $line != *$'\t'* || -n $kept ]]; then
      printf -v word %q "${word#"$kept"}"
      COMPREPLY+=("$word")
    else
      # Listed with what it is; nothing of that is ever inserted, since the values differ before it.
      printf -v line '%-*s  (%.60s)' "$longest" "$word" "${line#*$'\t'}"
      COMPREPLY+=("$line")
    fi
  done
  if ((directive & 2)); then compopt -o nospace 2>/dev/null; fi
  if ((${#COMPREPLY[@]} == 0)) && ! ((directive & 4)); then compopt -o default 2>/dev/null; fi
  return 0
}

complete -F _everestctl everestctl
