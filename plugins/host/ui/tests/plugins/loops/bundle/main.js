export function register() {
  for (;;);
}
