// Where text is on the page, and which of it meets. Texts are one rectangle a line, in page coordinates.
const visible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
const clip = (rect, element) => {
  for (let box = element; box; box = box.parentElement) {
    if (getComputedStyle(box).overflowX !== "visible" && box !== document.documentElement && box !== document.body) {
      const edge = box.getBoundingClientRect();
      rect = { left: Math.max(rect.left, edge.left), right: Math.min(rect.right, edge.right), top: rect.top, bottom: rect.bottom };
    }
  }
  return rect;
};
const htmlTexts = () => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("svg, script, style, .skip") || !visible(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const seen = clip(rect, parent);
      const sticky = parent.closest("th:first-child, nav") !== null; // stays where it is while others move under it
      if (seen.right - seen.left > 2 && !sticky) found.push({ text: node.data.trim().slice(0, 40), ...pick(seen) });
    }
  }
  return found;
};
const pick = ({ left, right, top, bottom }) => ({ left, right, top, bottom });
const svgTexts = (svg) =>
  [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim()).map((text) => ({ text: text.textContent.trim(), ...pick(text.getBoundingClientRect()) }));
const overlaps = (texts, slack) => {
  const sorted = [...texts].sort((a, b) => a.top - b.top);
  const pairs = [];
  sorted.forEach((a, i) => {
    for (const b of sorted.slice(i + 1)) {
      if (b.top > a.bottom) break;
      const [across, down] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
      if (across > slack && down > Math.min(a.bottom - a.top, b.bottom - b.top) * 0.3) pairs.push(`${a.text} | ${b.text}`);
    }
  });
  return pairs;
};
const outside = (svg) => {
  const edge = svg.getBoundingClientRect();
  return svgTexts(svg).filter((t) => t.left < edge.left - 1 || t.right > edge.right + 1 || t.top < edge.top - 1 || t.bottom > edge.bottom + 1).map((t) => t.text);
};
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((value) => value / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let box = element; box; box = box.parentElement) {
    const colour = getComputedStyle(box).backgroundColor;
    if (!/, 0\)$/.test(colour) && colour !== "transparent") return colour;
  }
  return "rgb(255, 255, 255)";
};
const contrast = (one, other) => {
  const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
};
const faint = (least) => {
  const texts = [...document.querySelectorAll("body *")].filter(
    (e) => !e.closest("svg, script, style") && visible(e) && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()),
  );
  return texts.filter((e) => contrast(getComputedStyle(e).color, behind(e)) < least).map((e) => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)}`);
};
const drawings = () => [...document.querySelectorAll("figure")].map((figure) => [figure.id, figure.querySelector("svg")]);
const inFigures = (find) => drawings().flatMap(([id, svg]) => find(svg).map((text) => `${id}: ${text}`));
const overlapsInFigures = () => inFigures((svg) => overlaps(svgTexts(svg), 1));
const cutOffInFigures = () => inFigures(outside);
const smallestInFigures = () =>
  Math.min(
    ...drawings().flatMap(([, svg]) => {
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      return [...svg.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
    }),
  );
const column = (table, number) =>
  [...document.querySelectorAll("table.sortable")[table].tBodies[0].rows].map((row) => row.cells[number].innerText.split("\n")[0]);
const press = (table, number) => {
  const head = document.querySelectorAll("table.sortable")[table].tHead.rows[0].cells[number];
  head.querySelector("button").click();
  return head.getAttribute("aria-sort");
};
const leadingNowhere = () =>
  [...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute("href").slice(1)).filter((id) => !document.getElementById(id));
const undescribed = () => [
  ...[...document.images].filter((image) => !image.alt || !image.naturalWidth).map((image) => image.src.slice(0, 40)),
  ...drawings().filter(([, svg]) => svg.getAttribute("aria-label").length < 20).map(([id]) => id),
];
