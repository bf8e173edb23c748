# Completion of everestctl for elvish, which quotes what it puts in.

use str

set edit:completion:arg-completer[everestctl] = {|@words|
  # The one that Enter would run, by its absolute path: nothing of the current folder is run for a TAB.
  var program = $words[0]
  if (not (str:has-prefix $program /)) {
    set program = (try { search-external everestctl } catch { put '' })
  }
  if (str:has-prefix $program /) {
    (external $program) __tab elvish $@words 2>/dev/null </dev/null | from-lines | each {|line|
      if (not (str:has-prefix $line ':')) {
        var parts = [(str:split &max=2 "\t" $line)]
        edit:complex-candidate $parts[0] &display=$parts[1]
      }
    }
  }
}
