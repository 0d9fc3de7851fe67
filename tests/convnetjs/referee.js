// ConvNetJS itself, asked line by line: {"defs" | "net", "input": [[sx, sy, depth], values]} gives
// {"net", "activations": [[sx, sy, depth, values], …]} of every layer, or {"error"}.
const convnetjs = require(process.argv[2]);
console.log = () => {};  // its warnings would stand among the answers
const answer = (asked) => {
  const net = new convnetjs.Net();
  if (asked.defs) net.makeLayers(asked.defs);
  else net.fromJSON(asked.net);
  const [[sx, sy, depth], values] = asked.input;
  const volume = new convnetjs.Vol(sx, sy, depth, 0);
  values.forEach((value, i) => { volume.w[i] = value; });
  for (const layer of net.layers) {  // biases begin as 0 or 0.1: make them differ
    if (asked.defs && layer.biases) for (let i = 0; i < layer.biases.w.length; i++) layer.biases.w[i] = Math.sin(i + 1);
  }
  net.forward(volume, false);
  const activations = net.layers.map((layer) => {
    const out = layer.out_act;
    return [out.sx, out.sy, out.depth, Array.from(out.w)];
  });
  return { net: net.toJSON(), activations };
};
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  let said;
  try { said = answer(JSON.parse(line)); } catch (error) { said = { error: String(error.stack) }; }
  process.stdout.write(JSON.stringify(said) + "\n");
});
