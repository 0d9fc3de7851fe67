/** The parts of the pictures, and how much each can prove. */

/** The part that figures are of: `test`, or `validation` where there is none, or null. */
export function partOf(data) {
  if (data?.test) return "test";
  return data?.validation ? "validation" : null;
}

/** What a part's figures are worth, in a sentence. */
export const WORTH = {
  test: "The test pictures took no part in the training: what is right here is likely to be right on new pictures of the same kind.",
  validation:
    "There is no test part, so these are the validation pictures. They prove less: the best weights were chosen by them, which flatters the figure a little.",
};
