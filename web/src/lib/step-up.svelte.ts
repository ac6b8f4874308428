/** Proving again who one is: asked for by the server, answered in a dialog, and then the request goes on. */
class StepUp {
  asked = $state<((isDone: boolean) => void) | null>(null);
}
export const stepUp = new StepUp();
let waiting: Promise<boolean> | null = null;

export function prove(): Promise<boolean> {
  waiting ??= new Promise<boolean>((resolve) => {
    stepUp.asked = (isDone) => {
      stepUp.asked = null;
      waiting = null;
      resolve(isDone);
    };
  });
  return waiting;
}
