import VitqCommandLine
import VitqKit
import VitqReporting

enum RecipesBody {
  static func run(_ options: RecipesOptions) throws {
    if options.keys { return printKeys(json: options.json) }
    guard let name = options.recipe else { return printNames(json: options.json) }
    let recipe = try CommandFailure.mapping { () throws(KitError) in
      try RunRecipe(resolving: RecipeLayer.layers(of: name))
    }
    if options.json {
      Output.line(
        JSONText.object([
          ("schema", .string("vitq.recipe/1")), ("name", .string(name)),
          ("recipe", .string(recipe.text)),
        ]).text)
    } else {
      Output.lines(recipe.text)
    }
  }

  private static func printNames(json: Bool) {
    if json {
      let recipes = RecipeCatalog.names.map { name in
        JSONText.object([
          ("name", .string(name)), ("summary", .string(RecipeCatalog.summary(of: name) ?? "")),
        ])
      }
      Output.line(
        JSONText.object([("schema", .string("vitq.recipes/1")), ("recipes", .array(recipes))]).text)
      return
    }
    var table = Table(["recipe", "what it is for"])
    for name in RecipeCatalog.names {
      table.append([name, RecipeCatalog.summary(of: name) ?? ""])
    }
    Output.line(table.plainText)
  }

  private static func printKeys(json: Bool) {
    let keys = RunRecipe.reference
    if json {
      let rows = keys.map { key in
        JSONText.object([
          ("key", .string(key.path)), ("values", .string(key.values)), ("help", .string(key.help)),
        ])
      }
      Output.line(
        JSONText.object([("schema", .string("vitq.recipe-keys/1")), ("keys", .array(rows))]).text)
      return
    }
    for key in keys {
      Output.line("\(key.path): \(key.values)\n    \(key.help)")
    }
  }
}
