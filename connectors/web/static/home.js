// Copies the line. Without a clipboard there is no button: one click on the line chooses all of it.

const line = document.querySelector("#line"), button = document.querySelector("button"), words = button.textContent;
let back = 0;

button.hidden = !navigator.clipboard;
button.addEventListener("click", async () => {
  await navigator.clipboard.writeText(line.textContent);
  button.textContent = button.dataset.copied;
  clearTimeout(back);
  back = setTimeout(() => { button.textContent = words; }, 2000);
});
