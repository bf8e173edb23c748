# Completion of everestctl for elvish.

use str

set edit:completion:arg-completer[everestctl] = {|@words|
  (external $words[0]) __complete $@words[1..] 2>/dev/null | each {|line|
    if (not (str:has-prefix $line ':')) {
      var parts = [(str:split &max=2 "\t" $line)]
      if (== (count $parts) 2) {
        edit:complex-candidate $parts[0] &display=$parts[0]' ('$parts[1]')'
      } else {
        put $line
      }
    }
  }
}
