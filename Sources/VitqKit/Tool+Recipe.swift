extension Tool {
  /// What a run does: where images come from, how many bits, which methods.
  public enum Recipe: Sendable, Hashable {
    /// A recipe of the tool, one of ``Tool/recipeNames``.
    case named(String)
    /// YAML text with settings that go before those of the recipe that its key `base` names, or
    /// of ``standard``. `vitq recipes --keys` lists the settings.
    case yaml(String)

    /// What the command line does when it is given no recipe.
    public static let standard = Recipe.named(RecipeCatalog.defaultName)
  }

  /// The names of the tool's recipes, such as `best`.
  public static let recipeNames: [String] = RecipeCatalog.names
}

extension RunRecipe {
  /// A recipe, and what arguments change of it; `nil` changes nothing.
  ///
  /// - Throws: ``KitError`` that names the setting, what was expected and what was found.
  package init(
    _ recipe: Tool.Recipe, weightBits: Int? = nil, activationBits: Int? = nil,
    imageCount: Int? = nil, stepCount: Int? = nil, seed: UInt64? = nil
  ) throws(KitError) {
    let arguments: [(key: String, value: String?)] = [
      ("images.count", imageCount.map { "\($0)" }), (RecipeKey.steps, stepCount.map { "\($0)" }),
      ("seed", seed.map { "\($0)" }),
    ]
    var settings = RecipeLayer.bits(weights: weightBits, activations: activationBits)
    for (key, value) in arguments {
      if let value { settings.append((key: key, value: value)) }
    }
    let layers = try RecipeLayer.layers(of: recipe)
    let changes = try RecipeLayer(origin: "arguments", settings: settings)
    try self.init(resolving: layers + [changes])
  }
}
