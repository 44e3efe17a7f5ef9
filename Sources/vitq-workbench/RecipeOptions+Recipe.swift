import VitqFaults
import VitqCommandLine
import VitqKit

extension RecipeOptions {
  /// The recipe that the options describe.
  ///
  /// - Parameters:
  ///   - parts: What images that were made before say of the run.
  ///   - options: Settings that other options of the command stand for, by key.
  /// - Returns: The recipe, with every setting.
  /// - Throws: ``CommandFailure``.
  func resolved(
    parts: RecipeLayer? = nil, options: [(key: String, value: String)] = []
  ) throws -> RunRecipe {
    var settings = options
    if let method { settings.append(("images.method", method.rawValue)) }
    if let count = imageCount { settings.append(("images.count", "\(count)")) }
    if let steps { settings.append(("images.steps", "\(steps)")) }
    if let alpha { settings.append(("images.attention-priors.weight", "\(alpha)")) }
    if let seed { settings.append(("seed", "\(seed)")) }
    try refuseChanges(ofMadeImages: parts, settings)
    return try CommandFailure.mapping { () throws(KitError) in
      let layers = try RecipeLayer.layers(of: recipe) + [parts].compactMap { $0 }
      let asked = try RecipeLayer(origin: "--set", settings: set.map { ($0.key, $0.value) })
      let named = try RecipeLayer(origin: "options", settings: settings)
      return try RunRecipe(resolving: layers + [asked, named])
    }
  }

  /// Images that exist cannot be made otherwise.
  private func refuseChanges(
    ofMadeImages parts: RecipeLayer?, _ settings: [(key: String, value: String)]
  ) throws {
    guard let parts else { return }
    for key in (settings + set.map { ($0.key, $0.value) }).map(\.key)
    where key == "seed" || key.hasPrefix("images.") {
      throw CommandFailure(
        .usage, "\(key): the images are made already, as \(parts.origin) says; leave it out")
    }
  }
}
