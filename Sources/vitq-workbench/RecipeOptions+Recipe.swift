import VitqFaults
import VitqCommandLine
import VitqKit

extension RecipeOptions {
  /// The recipe that the options describe.
  ///
  /// - Parameters:
  ///   - parts: Images that were made before; without another recipe, theirs is the one to start
  ///     from.
  ///   - options: Settings that other options of the command stand for, by key.
  /// - Returns: The recipe, with every setting.
  /// - Throws: ``CommandFailure``.
  func resolved(
    parts: ImageParts? = nil, options: [(key: String, value: String)] = []
  ) throws -> RunRecipe {
    var settings = options
    if let method { settings.append(("images.method", method.rawValue)) }
    if let learner { settings.append(("quantization.learner", learner.rawValue)) }
    if let count = imageCount { settings.append(("images.count", "\(count)")) }
    if let steps { settings.append(("images.steps", "\(steps)")) }
    if let alpha { settings.append(("images.attention-priors.weight", "\(alpha)")) }
    if let seed { settings.append(("seed", "\(seed)")) }
    let made = try parts.map { parts in
      try CommandFailure.mapping { () throws(KitError) in
        try parts.layer(isWhole: recipe == nil)
      }
    }
    try refuseChanges(ofMadeImages: made, settings)
    return try CommandFailure.mapping { () throws(KitError) in
      var layers: [RecipeLayer] = []
      if made == nil || recipe != nil { layers += try RecipeLayer.layers(of: recipe) }
      if let made { layers.append(made) }
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
