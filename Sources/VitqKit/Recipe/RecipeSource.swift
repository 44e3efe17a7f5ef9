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
    let isModel = name.hasSuffix(".vitq")
    let text = isModel ? try recipe(ofModel: name) : try contents(of: name)
    var document: RecipeDocument
    do throws(RecipeError) {
      document = try RecipeDocument(text)
    } catch {
      throw KitError(name, error)
    }
    guard isModel else { return try withBase(RecipeLayer(origin: name, document: document)) }
    // A model states every setting, so it has no base; those that only go with its method, learner
    // and bits shall not go before what goes with others.
    document.forgetChoices()
    return [RecipeLayer(origin: name, document: document)]
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
    let file: ModelFile
    do throws(ModelFileError) {
      file = try ModelFile(path: path)
    } catch {
      throw KitError(path, error)
    }
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
      let known = RecipeCatalog.names.joined(separator: ", ")
      let hint =
        NearestName.of(path, among: RecipeCatalog.names).map { "the nearest is '\($0)'; " } ?? ""
      throw KitError(
        .missingInput, "\(path): no such recipe or file: \(hint)named recipes are \(known)")
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
