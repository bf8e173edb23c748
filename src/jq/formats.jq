def row(cell):
  if isarray then map(if isarray or isobject then error("\(type) in a row: only texts, numbers, booleans and null can be") else cell end)
  else error("\(type) is not a row: expected an array") end;
def @csv: row(if isstring then "\"" + (split("\"") | join("\"\"")) + "\"" elif . == null then "" else tojson end) | join(",");
def @tsv: row(
  if isstring then split("\\") | join("\\\\") | split("\t") | join("\\t") | split("\n") | join("\\n") | split("\r") | join("\\r")
  elif . == null then "" else tojson end) | join("\t");
def @base32: tostring | encode_base32;
def @base32d: tostring | decode_base32;
def @html: tostring | escape_html | split("&apos;") | join("&#39;");
