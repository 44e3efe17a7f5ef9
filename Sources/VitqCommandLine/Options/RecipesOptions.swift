package import ArgumentParser

/// `vitq recipes`: the named recipes and their settings.
package struct RecipesOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Print this recipe with every setting: a name, a YAML file, or a model.",
      valueName: "recipe"))
  package var recipe: String?

  @Flag(help: "List every key with its values.")
  package var keys = false

  @Flag(help: "Print as JSON.")
  package var json = false

  package init() {}

  package func validate() throws {
    if keys, let recipe {
      throw ValidationError("--keys: expected no recipe with it, found '\(recipe)'")
    }
  }
}
