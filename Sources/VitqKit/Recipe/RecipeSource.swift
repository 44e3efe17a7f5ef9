import VitqFormat

extension RecipeLayer {
  /// The settings that an argument of `--recipe` stands for, after those they start from.
  ///
  /// - Parameter argument: The name of a recipe, the path of a YAML file, or that of a model that
  ///   was quantized.
  /// - Returns: Layers for ``RunRecipe/init(resolving:)``.
  /// - Throws: ``KitError``.
  package static func layers(of argument: String?) throws(KitError) -> [RecipeLayer] {
    let name = argument ?? RecipeCatalog.defaultName
    if let named = try RecipeCatalog.layer(named: name) { return try withBase(named) }
    guard name.hasSuffix(".vitq") else {
      return try layers(ofText: try contents(of: name), origin: name)
    }
    var document = try document(of: try recipe(ofModel: name), origin: name)
    // A model states every setting, so it has no base; those that only go with its method, learner
    // and bits shall not go before what goes with others.
    document.forgetChoices()
    return [RecipeLayer(origin: name, document: document)]
  }

  /// The settings of a recipe that Swift code names or states, after those they start from.
  ///
  /// - Parameter recipe: The recipe; a name is never a path here.
  /// - Returns: Layers for ``RunRecipe/init(resolving:)``.
  /// - Throws: ``KitError``.
  package static func layers(of recipe: Tool.Recipe) throws(KitError) -> [RecipeLayer] {
    switch recipe {
    case .named(let name):
      guard let named = try RecipeCatalog.layer(named: name) else {
        throw KitError(.badConfiguration, "recipe '\(name)': no such recipe: \(hint(for: name))")
      }
      return try withBase(named)
    case .yaml(let text): return try layers(ofText: text, origin: "recipe")
    }
  }

  private static func layers(
    ofText text: String, origin: String
  ) throws(KitError) -> [RecipeLayer] {
    try withBase(RecipeLayer(origin: origin, document: try document(of: text, origin: origin)))
  }

  /// The settings that YAML states; errors name `origin`.
  static func document(
    of text: String, origin: String
  ) throws(KitError) -> RecipeDocument {
    do throws(RecipeError) {
      return try RecipeDocument(text)
    } catch {
      throw KitError(origin, error)
    }
  }

  /// What to name in place of a name that no recipe has.
  private static func hint(for name: String) -> String {
    let known = RecipeCatalog.names.joined(separator: ", ")
    let nearest =
      NearestName.of(name, among: RecipeCatalog.names).map { "the nearest is '\($0)'; " } ?? ""
    return "\(nearest)named recipes are \(known)"
  }

  /// A recipe states what differs from another one, which is `best` unless it says otherwise.
  private static func withBase(_ layer: RecipeLayer) throws(KitError) -> [RecipeLayer] {
    let base = layer.document.base ?? RecipeCatalog.defaultName
    guard layer.origin != "recipe \(base)", let below = try RecipeCatalog.layer(named: base) else {
      return [layer]
    }
    return [below, layer]
  }

  private static func recipe(ofModel path: String) throws(KitError) -> String {
    let file = try ModelFile.open(path)
    guard let recipe = file.header.recipe else {
      throw KitError(
        .badConfiguration,
        "\(path): expected a quantized model, which states its recipe, found a full-precision one")
    }
    return recipe
  }

  private static func contents(of path: String) throws(KitError) -> String {
    let bytes: FileBytes
    do throws(FileError) {
      bytes = try FileBytes(path: path)
    } catch .notFound {
      throw KitError(.missingInput, "\(path): no such recipe or file: \(hint(for: path))")
    } catch .empty {
      return ""
    } catch {
      throw KitError(reading: path, error)
    }
    guard let text = String(validating: bytes.bytes(in: 0..<bytes.count), as: UTF8.self) else {
      throw KitError(path, RecipeError.notText)
    }
    return text
  }
}
