/** A question before something is done, which nothing else can be done before. */
import { h } from "./dom.ts";

/**
 * Asks in a modal dialog within `root`; the focus goes back to where it was.
 * @param statement what will happen: "disconnect 3 sockets in /chat"
 * @returns whether it shall
 */
export function confirm(root: Element, statement: string): Promise<boolean> {
  const dialog: HTMLDialogElement = h(
    "dialog",
    { "aria-labelledby": "question", "aria-describedby": "statement" },
    h("h2", { id: "question" }, "Are you sure?"),
    h("p", { id: "statement" }, `You are about to ${statement}.`),
    h(
      "form",
      { method: "dialog", class: "answers" },
      h("button", { value: "no", autofocus: true }, "Cancel"),
      h("button", { value: "yes", class: "danger" }, "Do it"),
    ),
  );
  root.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
