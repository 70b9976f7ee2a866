/**
 * The browser's half of {@link slider}, {@link select} and {@link play}: an ES module in anywidget's form. It draws the
 * control, sends the value when it changes, and shows the view that the kernel sends back.
 */
export const FRONT_END = `
function control(model, changed) {
  const options = model.get("options");
  if (options) {
    const select = document.createElement("select");
    options.forEach((text, index) => select.add(new Option(text, String(index))));
    select.onchange = () => changed(Number(select.value));
    return { element: select, show: (value) => { select.value = String(value); } };
  }
  const range = document.createElement("input");
  range.type = "range";
  for (const name of ["min", "max", "step"]) range[name] = String(model.get(name));
  range.style.width = "22em";
  range.oninput = () => changed(range.valueAsNumber);
  return { element: range, show: (value) => { range.value = String(value); } };
}

function playButton(model, changed) {
  const button = document.createElement("button");
  let timer;
  const stop = () => { clearTimeout(timer); timer = undefined; button.textContent = "▶"; button.title = "play"; };
  const advance = () => {
    const next = model.get("value") + model.get("step");
    if (next > model.get("max")) return stop();
    changed(next);
    timer = setTimeout(wait, model.get("interval"));
  };
  // The next value waits for the view of this one.
  const wait = () => { timer = model.get("shown") === model.get("value") ? setTimeout(advance, 0) : setTimeout(wait, 20); };
  button.onclick = () => {
    if (timer !== undefined) return stop();
    button.textContent = "⏸";
    button.title = "pause";
    if (model.get("value") >= model.get("max")) changed(model.get("min"));
    timer = setTimeout(wait, 0);
  };
  stop();
  return { button, stop };
}

function draw(view, place) {
  place.replaceChildren();
  if (view.png) {
    const image = new Image();
    image.src = "data:image/png;base64," + view.png;
    image.alt = view.text;
    if (view.width) image.width = view.width;
    if (view.height) image.height = view.height;
    Object.assign(image.style, { maxWidth: "100%", height: "auto" });
    place.append(image);
  } else if (view.text) {
    const text = document.createElement("pre");
    text.textContent = view.text;
    if (view.failed) text.style.color = "var(--jp-error-color1, #b00)";
    place.append(text);
  }
}

function render({ model, el }) {
  const row = document.createElement("label");
  row.style.cssText = "display: flex; gap: 0.7em; align-items: center; margin: 4px 0";
  const name = document.createElement("span");
  name.textContent = model.get("label");
  const number = document.createElement("output");
  const place = document.createElement("div");
  const show = () => {
    input.show(model.get("value"));
    number.textContent = model.get("options") ? "" : String(model.get("value"));
  };
  const changed = (value) => { model.set("value", value); model.save_changes(); show(); };
  const input = control(model, changed);
  row.append(name);
  let playing;
  if (model.get("interval") !== null) {
    playing = playButton(model, changed);
    row.append(playing.button);
  }
  row.append(input.element, number);
  el.classList.add("diffusion-lab-widget");
  // JupyterLab would take the arrow keys for its own, and the focus back to the cell.
  el.dataset.lmSuppressShortcuts = "true";
  el.addEventListener("keydown", (event) => event.stopPropagation());
  const wake = document.createElement("p");
  wake.className = "diffusion-lab-wake";
  wake.textContent = model.get("wake");
  wake.hidden = true;
  el.append(row, place, wake);
  const drawView = () => draw(model.get("view"), place);
  model.on("change:value", show);
  model.on("change:view", drawView);
  show();
  drawView();
  return () => {
    playing?.stop();
    model.off("change:value", show);
    model.off("change:view", drawView);
  };
}

export default { render };
`;
