import VitqPasses
import VitqQuantization

/// The orthogonal matrices by which a quantized model turns values inside it, as its recipe says.
struct Turning: Equatable, Sendable {
  private let rotation: Rotation?
  private let turnsHeads: Bool
  private let seed: UInt64
  /// Whether the recipe leaves open which of several rotations was taken.
  let isOneOfSeveral: Bool

  /// Reads the recipe of a model; a model without one turns nothing.
  ///
  /// - Parameters:
  ///   - recipe: The recipe, as YAML.
  ///   - path: Where the model came from, for messages.
  /// - Throws: ``KitError`` if the recipe cannot be read.
  init(recipe: String?, path: String) throws(KitError) {
    guard let recipe else {
      (rotation, turnsHeads, seed, isOneOfSeveral) = (nil, false, 0, false)
      return
    }
    let origin = "\(path): recipe"
    let document = try RecipeLayer.document(of: recipe, origin: origin)
    let quantization = try RunRecipe(
      resolving: [RecipeLayer(origin: origin, document: document)]
    ).quantization
    (rotation, turnsHeads) = (quantization.rotation, quantization.rotatesHeads)
    let turns = rotation != nil || turnsHeads
    seed = turns ? quantization.seed : 0
    isOneOfSeveral = turns && quantization.rotationCandidates > 1
  }

  /// The passes that turn a full-precision graph the same way.
  var passes: [Pipeline.Step] {
    Pipeline.rotations(rotation, turnsHeads: turnsHeads, seed: seed)
  }
}
