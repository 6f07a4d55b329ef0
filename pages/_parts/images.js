// Images in place of dots, where a plot is zoomed in so far that they have room: of the galaxies in sight as many as lie
// apart, rare kinds first; the nearer one looks, the larger they are and the more there are of them. The pointer passes
// through them to the dots below.
const CROWD = 400; // galaxies in sight from which on there are dots alone
const SMALLEST = 30, LARGEST = 72; // pixels
const AT_ONCE = 24; // that are asked for
const PATIENCE = 5000; // ms, after which one is asked for again
const images = (window.galexploreImages ??= { pictures: new Map(), asked: new Map(), timer: null, wanted: true, ring: {} });

function listSighted(plot) {
  const { xaxis, yaxis } = plot._fullLayout, sighted = [];
  const [x0, x1] = xaxis.range, [y0, y1] = yaxis.range;
  for (const trace of plot._fullData.filter((trace) => trace.customdata).reverse()) {
    const tint = typeof trace.marker.color === "string" && trace.name !== "ordinary" ? trace.marker.color : "";
    for (let i = 0; i < trace.x.length; i++) {
      const x = (trace.x[i] - x0) / (x1 - x0), y = (y1 - trace.y[i]) / (y1 - y0);
      if (!(x > 0 && x < 1 && y > 0 && y < 1)) continue;
      if (sighted.length === CROWD) return [];
      sighted.push({ id: trace.customdata[i], x: x * xaxis._length, y: y * yaxis._length, tint });
    }
  }
  return sighted;
}

function spread(sighted, side) {
  const apart = [];
  for (const one of sighted) {
    if (images.pictures.get(one.id) === "") continue; // there is none of it
    const free = (other) => Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y)) > side;
    if (apart.every(free)) apart.push(one);
  }
  return apart;
}

function findLayer(plot) {
  const canvas = plot.querySelector(".gl-container");
  if (!canvas) return null;
  if (canvas.nextElementSibling?.className !== "galaxy-images") {
    const layer = document.createElement("div");
    layer.className = "galaxy-images";
    canvas.after(layer);
  }
  return canvas.nextElementSibling;
}

function layImages(plot, near, send) {
  const layer = findLayer(plot);
  if (!layer) return;
  const { xaxis, yaxis } = plot._fullLayout;
  const sighted = near && images.wanted ? listSighted(plot) : [];
  const room = Math.sqrt((xaxis._length * yaxis._length) / Math.max(sighted.length, 1));
  const side = 4 * Math.round(Math.min(LARGEST, Math.max(SMALLEST, 0.8 * room)) / 4);
  const apart = spread(sighted, side), old = new Map([...layer.querySelectorAll("img")].map((image) => [image.dataset.id, image]));
  const frame = { left: xaxis._offset, top: yaxis._offset, width: xaxis._length, height: yaxis._length };
  for (const [name, value] of Object.entries(frame)) layer.style[name] = `${value}px`;
  for (const { id, x, y, tint } of apart) {
    const picture = images.pictures.get(id);
    if (!picture) continue;
    const image = old.get(id) ?? layer.appendChild(Object.assign(new Image(), { alt: "", src: picture }));
    old.delete(id);
    image.dataset.id = id;
    image.style.width = image.style.height = `${side}px`;
    image.style.borderColor = tint;
    image.style.transform = `translate(${x - side / 2}px, ${y - side / 2}px)`;
  }
  for (const image of old.values()) image.remove();
  ask(apart.map(({ id }) => id), send);
}

// The ring about the galaxy that is opened lies over the plot, which need not be drawn anew for it.
function layRing(plot, place) {
  const layer = findLayer(plot);
  if (!layer) return;
  let ring = layer.querySelector(".galaxy-ring");
  if (ring && ring.dataset.id !== images.opened) ring = ring.remove(); // another one comes to its place
  if (!place) return;
  const { xaxis, yaxis } = plot._fullLayout, [x0, x1] = xaxis.range, [y0, y1] = yaxis.range;
  const x = ((place[0] - x0) / (x1 - x0)) * xaxis._length, y = ((y1 - place[1]) / (y1 - y0)) * yaxis._length;
  ring ??= layer.appendChild(Object.assign(document.createElement("div"), { className: "galaxy-ring" }));
  ring.dataset.id = images.opened;
  ring.style.border = `2.5px solid ${images.tint}`; // a sheet's own is undone by plotly's
  ring.style.transform = `translate(${x}px, ${y}px)`;
}

function ask(ids, send) {
  const now = performance.now();
  const missing = ids.filter((id) => !images.pictures.has(id) && !(now - images.asked.get(id) < PATIENCE));
  if (!missing.length) return;
  clearTimeout(images.timer);
  images.timer = setTimeout(() => {
    const next = missing.slice(0, AT_ONCE);
    for (const id of next) images.asked.set(id, performance.now());
    send("small", next);
  }, 150);
}

function takeImages(data) {
  images.wanted = data?.images ?? true;
  Object.assign(images, { opened: data?.opened ?? "", ring: data?.ring ?? {}, tint: data?.tint });
  if (images.pictures.size > 3000) images.pictures.clear();
  for (const [id, picture] of Object.entries(data?.small ?? {}))
    images.pictures.set(id, picture && `data:image/jpeg;base64,${picture}`);
}
