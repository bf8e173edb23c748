# Completion of everestctl for fish.

function __everestctl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines ($words[1] __complete $words[2..] 2>/dev/null)
    test (count $lines) -gt 0; or return
    set -l directive (string replace ':' '' -- $lines[-1])
    set -e lines[-1]
    if test (count $lines) -gt 0
        printf '%s\n' $lines
    else if test $directive -ne 4 -a $directive -ne 6
        __fish_complete_path (commandline -ct)
    end
end

complete -c everestctl -f -a '(__everestctl_complete)'
