# Completion of everestctl for PowerShell.

Register-ArgumentCompleter -Native -CommandName everestctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -le $cursorPosition } | ForEach-Object { $_.ToString() })
    # An empty argument is lost on its way to a program before PowerShell 7.3.
    if ($wordToComplete -eq '') {
        $words += if ($PSVersionTable.PSVersion -ge [version]'7.3') { '' } else { '""' }
    }
    $lines = @(& $commandAst.CommandElements[0].ToString() __complete @words 2>$null)
    if ($lines.Count -eq 0) { return }
    $lines | Select-Object -SkipLast 1 | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        if (-not $description) { $description = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
    }
}
