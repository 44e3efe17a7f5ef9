import Testing
import VitqKit
import VitqQuantization
import VitqSynthesis
import VitqTestSupport

/// What Swift code states of a run, and how it is refused.
struct ToolTests {
  @Test func theStandardRecipeIsThatOfTheCommand() throws {
    let recipe = try RunRecipe(.standard)
    #expect(try recipe == RunRecipe(resolving: RecipeLayer.layers(of: nil)))
    #expect(recipe.synthesis?.method == .psaq)
    #expect(recipe.synthesis?.stepCount == 150)
    #expect(recipe.quantization.learner == .best)
    #expect(recipe.bitsName == "w4a4")
  }

  @Test func argumentsChangeARecipe() throws {
    #expect(try RunRecipe(.named("w8a8")).bitsName == "w8a8")
    let recipe = try RunRecipe(
      .named("w8a8"), activationBits: 6, imageCount: 3, stepCount: 5, seed: UInt64.max)
    #expect(recipe.bitsName == "w8a6")
    #expect(recipe.imageCount == 3)
    #expect(recipe.synthesis?.stepCount == 5)
    #expect(recipe.synthesis?.seed == UInt64.max)
    #expect(recipe.quantization.seed == UInt64.max)
  }

  @Test(arguments: Tool.recipeNames)
  func everyRecipeCanBeNamedAndStated(_ name: String) throws {
    let named = try RunRecipe(.named(name))
    #expect(try RunRecipe(.yaml(named.text)) == named)
    #expect(try RunRecipe(.yaml("base: \(name)")) == named)
  }

  @Test func refusesARecipeBeforeItReadsTheModel() throws {
    let folder = try TemporaryFolder()
    let cases: [(Tool.Recipe, message: String)] = [
      (
        .named("bset"),
        "recipe 'bset': no such recipe: the nearest is 'best'; named recipes are "
          + Tool.recipeNames.joined(separator: ", ")
      ),
      (
        .yaml("images:\n  stepz: 3\n"),
        "recipe: line 2: images.stepz: unknown key: the nearest is 'images.steps'"
      ),
      (
        .yaml("images: {method: folder}"),
        "images.method: expected a way to make images without data, found 'folder'"
      ),
      (
        .yaml("images: {method: sardfq, attention-priors: {kind: \"real:photos\"}}"),
        "images.attention-priors.kind: expected a way to make images without data, "
          + "found 'real:photos'"
      ),
    ]
    for (recipe, message) in cases {
      let error = #expect(throws: KitError.self) {
        try Tool.quantizeDataFree(
          folder.file("absent.vitq"), to: folder.file("packed.vitq"), recipe: recipe,
          workFolder: folder.file("images"), threads: 1)
      }
      #expect(error?.description == message)
      #expect(error?.kind == .badConfiguration)
    }
    let error = #expect(throws: KitError.self) { try RunRecipe(.standard, weightBits: 9) }
    #expect(
      error?.description
        == "arguments: quantization.weights.bits: out of range: expected a whole number from 3 to "
        + "8, found '9'")
    #expect(try folder.contents().isEmpty)
  }
}
