let isDown = false;
const note = (down: boolean) => () => {
  isDown = down;
};
window.addEventListener("pointerdown", note(true), true);
window.addEventListener("pointerup", note(false), true);
window.addEventListener("pointercancel", note(false), true);

/** Acts at once, or while something is being pressed, after it has been clicked. */
export function whenPointerIsUp(act: () => void): void {
  if (!isDown) {
    act();
    return;
  }
  const later = () => {
    window.removeEventListener("pointerup", later);
    window.removeEventListener("pointercancel", later);
    // The click itself comes after the release.
    setTimeout(act, 0);
  };
  window.addEventListener("pointerup", later);
  window.addEventListener("pointercancel", later);
}
