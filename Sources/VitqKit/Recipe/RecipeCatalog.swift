/// The recipes that have names.
package enum RecipeCatalog {
  package static let names = recipes.map(\.name)

  /// The recipe of a run that names none.
  package static let defaultName = "best"

  /// What a named recipe is for, on one line.
  package static func summary(of name: String) -> String? {
    recipes.first { $0.name == name }?.summary
  }

  /// A named recipe as YAML.
  package static func text(of name: String) -> String? {
    recipes.first { $0.name == name }?.text
  }

  /// A named recipe; `nil` if no recipe has the name.
  package static func layer(named name: String) throws(KitError) -> RecipeLayer? {
    guard let text = text(of: name) else { return nil }
    do throws(RecipeError) {
      return RecipeLayer(
        origin: "recipe \(name)", document: try RecipeDocument(text), isNamed: true)
    } catch {
      throw KitError("recipe \(name)", error)
    }
  }

  private static let recipes: [(name: String, summary: String, text: String)] = [
    (
      "best", "the strongest found: images of PSAQ-ViT, three minutes for DeiT-Tiny on two cores",
      """
      images:
        method: psaq
        count: 64
        steps: 150
      quantization:
        learner: best
      """
    ),
    (
      "paper", "SARDFQ as published: 32 images of 1000 steps, log2 attention, two stages",
      """
      images:
        method: sardfq
        count: 32
        steps: 1000
      quantization:
        learner: sardfq
      """
    ),
    (
      "fast", "a minute for DeiT-Tiny on two cores",
      """
      images:
        method: psaq
        count: 16
        steps: 100
      quantization:
        learner: best
      """
    ),
    (
      "w8a8", "8 bits for both, next to no loss",
      """
      images:
        method: psaq
        count: 16
        steps: 100
      quantization:
        learner: best
        weights:
          bits: 8
        activations:
          bits: 8
      """
    ),
  ]
}
