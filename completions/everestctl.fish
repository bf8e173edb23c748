# Completion of everestctl for fish.
#
# Nothing of the line is expanded or run here; fish quotes what it puts in.

# Asks once for each TAB; whether the shell may look for files.
function __everestctl_ask
    set -g __everestctl_values
    set -l line (commandline -cp | string collect)
    # The one that Enter would run, by its absolute path: nothing of the current folder is run for a TAB.
    set -l program (string match -r '^\s*(/\S+)' -- $line)[2]
    if not test -n "$program" -a -f "$program" -a -x "$program"
        set program (command -s everestctl)
    end
    string match -q '/*' -- $program; or return 1
    set -l lines ($program __tab fish $line 2>/dev/null </dev/null)
    set -g __everestctl_values $lines[2..]
    test (count $lines) -eq 1; and contains -- $lines[1] :0 :2
end

function __everestctl_values
    test (count $__everestctl_values) -gt 0; and printf '%s\n' $__everestctl_values
end

complete -c everestctl -f
complete -c everestctl -n __everestctl_ask -F
complete -c everestctl -f -a '(__everestctl_ask; __everestctl_values)'
