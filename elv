x`touch canary`
x$(touch canary)
