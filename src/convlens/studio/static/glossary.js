/** The terms of the page in plain words, each in a sentence or three. */

/** Term: what it means. Lower case; `ALIASES` has other names of the same thing. */
export const GLOSSARY = {
  // Learning
  accuracy: "The share of pictures for which the class that the network finds likeliest is the right one.",
  "training accuracy":
    "The share that is right of the pictures just learned from. They are shifted and mirrored and the network has seen them before, so this says how well it fits, not how well it will do.",
  "validation accuracy":
    "The share that is right of pictures held back from learning. The network never learns from them, so this is the figure to watch. When it falls while training accuracy rises, the network is learning its pictures by heart.",
  "test accuracy":
    "The share that is right of pictures kept aside until the very end. Nothing was chosen by them, so this is the honest figure.",
  "accuracy over views":
    "Each picture is looked at several times, a little shifted or mirrored, and the probabilities are averaged. It takes longer and is mostly a little better.",
  loss: "One number for how wrong the network is: it grows as the probability given to the right class shrinks. Learning means making it smaller. A network that only guesses begins at the natural logarithm of the number of classes: 2.30 for ten. It does not fall to zero even where all is right, since a little doubt is asked for on purpose: for ten classes it ends near 0.5.",
  "data loss": "The part of the loss that comes from the pictures: how improbable the network found their right classes.",
  "validation loss":
    "The loss on pictures held back from learning. If it rises while the loss of training goes on falling, the network is learning its pictures by heart.",
  "decay loss":
    "The part of the loss that comes from the size of the weights, which weight decay holds down. It has nothing to do with the pictures.",
  "learning rate":
    "How far the weights move at each update. Too small, and learning takes for ever; too large, and the loss jumps about or explodes. It is best searched by factors: 0.1, 0.03, 0.01.",
  momentum:
    "How much of the last movement each update keeps, like a ball rolling downhill. 0 keeps nothing; 0.9 keeps going in a direction for about ten updates.",
  "batch size":
    "How many pictures are looked at before the weights move once. Large batches give steadier updates, small ones more of them.",
  "weight decay":
    "Pulls every weight a little towards zero at each update, so that the network prefers small weights. It can help against learning pictures by heart.",
  method:
    "The rule that turns gradients into movements of the weights. SGD follows the gradient; Nesterov looks ahead; Adam, Adagrad, Adadelta and windowgrad give each weight a rate of its own; Muon turns and scales a whole layer's movement at once.",
  "rate falls":
    "The learning rate shrinks evenly to zero over the run: large movements first, fine ones last. Otherwise it stays as it is.",
  augmentation:
    "Each time a picture is used it is changed a little in a way that leaves its class alone, so that the network cannot learn it by heart.",
  shift: "Each picture is moved sideways and up or down by a random amount of up to this share of its side.",
  zoom: "Each picture is enlarged by a random amount, which leaves out up to this share of its side.",
  mirror: "Pictures are flipped left to right in every other epoch. Wrong where left and right matter, as in writing.",
  epoch: "One pass over all training pictures. The knob says for how many of them one Start lets the network learn.",
  update: "One step of training: a batch of pictures goes forward, the gradient comes back, and all weights move once.",
  examples: "Pictures learned from so far, each counted every time it was used.",
  "forward pass": "The way from the pictures through all layers to the scores and the loss.",
  "backward pass":
    "The way back from the loss through all layers, which gives for every weight the direction that makes the loss smaller.",
  best: "The highest validation accuracy so far. At the end the weights of that moment are the ones that are kept.",
  smoothing:
    "Draws a running average in place of single values, so that the course shows through the noise. The values themselves stay as they are, and faintly visible.",
  overfitting:
    "Learning the training pictures by heart rather than what makes their classes: training accuracy goes on rising, validation accuracy does not.",
  "training part": "The pictures that the network learns from.",
  "validation part":
    "Pictures held back from learning that show during training how well it goes; by them the best moment is chosen.",
  "test part": "Pictures kept aside until the end, for an honest figure.",
  checkpoint: "All that is needed to go on with a training exactly where it was.",
  snapshot: "The network as it is at one moment, kept under a name, to look at or to go on from.",
  "model file":
    "The trained network as one .safetensors file: weights, classes, and how pictures are prepared. No program code is in it.",
  convnetjs:
    "A library that trains small networks inside the browser. Networks made of the layers it knows can be exchanged with it as JSON.",
  // The network
  notation:
    "A network in one line: its layers from the picture to the classes, joined by dashes. What is left out has a sensible default.",
  volume: "What goes from one layer to the next: a stack of maps, width × height × number of channels.",
  channel:
    "One slice of a volume. A picture's channels are red, green and blue; after a convolution there is one for each filter.",
  parameter: "A number that is learned: a weight or a bias. All of them together are the network.",
  "multiply-adds": "How many multiplications, each followed by an addition, one picture costs on its way through.",
  memory:
    "What training needs at once: the values of every layer and their gradients for a whole batch, and the parameters with their gradients and momentum.",
  convolution:
    "CONV: a small filter slides over the volume. At each place every value under it is multiplied by the filter's number there, and all products and a bias are added up.",
  filter:
    "The learned numbers that a convolution multiplies its inputs by: small in width and height, through the full depth. One filter makes one channel.",
  stride: "How many cells a filter or window moves between two places.",
  padding: "Zeros laid around a volume so that a filter can also stand at its edge.",
  dilation: "Gaps between the cells that a filter reads, so that it sees further with as many weights.",
  bias: "A learned number that is added to every sum of one filter or unit.",
  weight: "A learned number that an input is multiplied by.",
  pooling:
    "POOL: each window of a map becomes one number, its largest or its mean. The map gets smaller, and small shifts of the picture matter less.",
  relu: "RELU: zero for everything below zero, everything else as it is.",
  "batch normalisation":
    "BN: subtracts each channel's mean, divides by its spread, then scales and shifts by two learned numbers. It keeps values in a range in which learning goes well.",
  "fully connected": "FC: every unit multiplies all values before it by weights of its own and adds them up.",
  dropout:
    "DROPOUT: in training each value is left out by chance, so that no unit can rely on another. It does nothing afterwards.",
  softmax: "From scores to probabilities: e is raised to each score and divided by the sum of all, so that they add up to one.",
  svm: "SVM: scores are wanted to differ by a margin, rather than to become probabilities.",
  "receptive field": "The part of the picture that a value depends on. It grows from layer to layer.",
  activation:
    "A value that a layer gives for a picture. A map is all the values of one channel, laid out as they lie in the picture.",
  "activation gradient":
    "How much the score of the chosen class would change for a small change of an activation: where the picture speaks for the class, and where against it.",
  gradient: "How much one number changes for a small change of another.",
  "weight gradient": "How much the loss changes for a small change of a weight; the weights move against it.",
  histogram: "How many values lie in each range.",
  zeros: "The share of values that are exactly zero. A channel that is zero for every picture is dead: it learns nothing more.",
  score: "What the network gives for a class before it becomes a probability. Scores mean something only beside each other.",
  probability: "How sure the network is of a class, between 0 and 1; over all classes they add up to 1.",
  // Trying and testing
  saliency: "A map of the pixels that a decision rests on. There are several ways to make one, and none is the whole truth.",
  "gradient saliency": "How much the score of the class changes for a small change of each pixel.",
  "integrated gradients":
    "Gradients added up on the way from an empty picture to this one; together they account for the whole score.",
  "grad-cam": "Which places of the last maps speak for the class: coarse, but mostly where one would point.",
  occlusion: "A grey patch is moved over the picture: where the probability falls, something that mattered was hidden.",
  "confusion table":
    "For each true class (row) how often the network said which class (column). Right answers lie on the diagonal.",
  recall: "Of the pictures of a class, the share that the network recognised.",
  interval: "The range in which the true figure lies, with 95 % confidence. Few pictures make it wide.",
  views: "Several looks at one picture, a little shifted or mirrored, whose probabilities are averaged.",
  "likeliest classes": "The classes to which the network gives the highest probabilities.",
  "confident mistake": "A wrong answer given with a high probability: often an unusual picture, or a wrong label.",
};

/** Other names under which a term is asked for. */
export const ALIASES = {
  validation: "validation part",
  test: "test part",
  train: "training part",
  training: "training part",
  step: "update",
  "training step": "update",
  epochs: "epoch",
  "examples seen": "examples",
  example: "examples",
  falls: "rate falls",
  "falls to zero": "rate falls",
  flip: "mirror",
  "weight decay loss": "decay loss",
  forward: "forward pass",
  backward: "backward pass",
  "best so far": "best",
  "learning rate now": "learning rate",
  "multiply-add": "multiply-adds",
  macs: "multiply-adds",
  conv: "convolution",
  "convolutional layer": "convolution",
  pool: "pooling",
  fc: "fully connected",
  bn: "batch normalisation",
  "batch norm": "batch normalisation",
  "batch normalization": "batch normalisation",
  "activation map": "activation",
  map: "activation",
  kernel: "filter",
  "feature map": "activation",
  logit: "score",
  gradcam: "grad-cam",
  confusion: "confusion table",
  "confusion matrix": "confusion table",
  "confidence interval": "interval",
  "95 % interval": "interval",
  view: "views",
  model: "model file",
  integrated: "integrated gradients",
  "saliency map": "saliency",
  unit: "fully connected",
  layer: "volume",
  "share of zeros": "zeros",
  "dead filter": "zeros",
  size: "volume",
  "confident mistakes": "confident mistake",
  "worst mistakes": "confident mistake",
  optimizer: "method",
  "learning by heart": "overfitting",
  "top three": "likeliest classes",
  "averaged over views": "accuracy over views",
};
