# Completion of everestctl for PowerShell.
#
# Question and answers go in base64: older versions change quotes on the way to a program, and letters on the way back.

Register-ArgumentCompleter -Native -CommandName everestctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $utf8 = [System.Text.Encoding]::UTF8
    $line = $commandAst.Extent.Text
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $line = if ($length -lt $line.Length) { $line.Substring(0, $length) } else { $line.PadRight($length) }
    # The one that Enter would run, by its absolute path: nothing of the current folder is run for a TAB.
    $program = $commandAst.GetCommandName()
    if (-not ($program -match '^(/|[A-Za-z]:[\\/])' -and (Test-Path -LiteralPath $program -PathType Leaf))) {
        $program = (Get-Command everestctl -CommandType Application -TotalCount 1 -ErrorAction Ignore).Path
    }
    if ($program -notmatch '^(/|[A-Za-z]:[\\/]|\\\\)') { return }
    $question = [Convert]::ToBase64String($utf8.GetBytes($line))
    @(& $program __tab powershell $question 2>$null) | Select-Object -Skip 1 | ForEach-Object {
        $text, $value, $description = $utf8.GetString([Convert]::FromBase64String($_)) -split "`t", 3
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $description)
    }
}
