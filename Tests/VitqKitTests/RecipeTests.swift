import Testing
import VitqKit
import VitqQuantization
import VitqSynthesis

struct RecipeTests {
  private func recipe(_ text: String) throws -> RunRecipe {
    try RunRecipe(resolving: [
      RecipeLayer(origin: "test.yml", document: try RecipeDocument(text))
    ])
  }

  @Test(arguments: RecipeCatalog.names)
  func namedRecipesReadBackAsThemselves(_ name: String) throws {
    let recipe = try RunRecipe(resolving: RecipeLayer.layers(of: name))
    #expect(try self.recipe(recipe.text) == recipe)
    #expect(RecipeCatalog.summary(of: name)?.isEmpty == false)
  }

  /// Whatever the method and the learner, the text has every setting.
  @Test func everyRecipeReadsBackAsItself() throws {
    for method in SynthesisMethod.allCases {
      for learner in Learner.allCases {
        for bits in [3, 4, 6, 8] {
          var quantization = QuantizationRecipe(
            learner: learner, weightBits: bits, activationBits: 11 - bits)
          quantization.percentiles = [0.99, 0.9999]
          var override = LayerOverride("blocks.*.mlp.fc2")
          override.weightBits = 8
          override.activationCodes = .codebook
          var everywhere = LayerOverride("**")
          everywhere.activationBits = 7
          quantization.overrides = [override, everywhere]
          var options = SynthesisOptions(method: method)
          options.imageCount = 7
          if method == .sardfq {
            options.attentionPriors.kind = .laplaceMixture
            options.attentionPriors.weight = 0.1
            options.softLabels.lowestScore = 1.5
            options.softLabels.highestScore = 2.5
          }
          let recipe = RunRecipe(
            images: .synthesis(options), quantization: quantization, seed: .max)
          #expect(try self.recipe(recipe.text) == recipe, "\(recipe.text)")
        }
      }
    }
  }

  @Test func emptyTextIsTheDefault() throws {
    #expect(try recipe("") == recipe("# nothing\n"))
    #expect(try recipe("{}").quantization == QuantizationRecipe(weightBits: 4, activationBits: 4))
  }

  @Test func realPriorsKeepTheirFolder() throws {
    let read = try recipe("images:\n  attention-priors:\n    kind: \"real:some photos/a\"\n")
    #expect(read.synthesis?.attentionPriors.kind == .real(folder: "some photos/a"))
    #expect(try recipe(read.text) == read)
  }

  @Test func defaultsFollowBitsAndLearner() throws {
    let wide = try recipe("quantization:\n  activations:\n    bits: 8\n")
    #expect(wide.quantization == QuantizationRecipe(weightBits: 4, activationBits: 8))
    let learner = try recipe("quantization:\n  learner: repq\n")
    #expect(
      learner.quantization
        == QuantizationRecipe(learner: .repq, weightBits: 4, activationBits: 4))
  }

  /// What goes with the learner, the bits and the method of a whole recipe follows later layers.
  @Test func choicesOfAWholeRecipeFollowLaterLayers() throws {
    var quantization = QuantizationRecipe(weightBits: 4, activationBits: 4)
    quantization.iterations = 7
    let whole = RunRecipe(images: .synthesis(.init()), quantization: quantization, seed: 3)
    var document = try RecipeDocument(whole.text)
    document.forgetChoices()
    let layer = RecipeLayer(origin: "a", document: document)
    #expect(try RunRecipe(resolving: [layer]) == whole)

    let later = try RecipeLayer(
      origin: "b",
      settings: [
        ("images.method", "smi"), ("quantization.learner", "erq"),
        ("quantization.activations.bits", "8"),
      ])
    let changed = try RunRecipe(resolving: [layer, later])
    var expected = QuantizationRecipe(learner: .erq, weightBits: 4, activationBits: 8)
    (expected.iterations, expected.seed) = (7, 3)
    #expect(changed.quantization == expected)
    #expect(changed.synthesis?.stepCount == SynthesisOptions(method: .smiDense).stepCount)
    #expect(changed.synthesis?.totalVariation == .minimize)
  }

  @Test func laterLayersGoFirst() throws {
    let first = RecipeLayer(
      origin: "a", document: try RecipeDocument("images: {count: 3, steps: 5}\nseed: 1"))
    let second = try RecipeLayer(origin: "b", settings: [("seed", "2"), ("images.steps", "9")])
    let recipe = try RunRecipe(resolving: [first, second])
    #expect(recipe.seed == 2)
    #expect(recipe.synthesis?.seed == 2)
    #expect(recipe.imageCount == 3)
    #expect(recipe.synthesis?.stepCount == 9)
  }

  /// A later layer may choose a method that has no use for what an earlier one says.
  @Test func anotherMethodDropsEarlierSettings() throws {
    let first = RecipeLayer(origin: "a", document: try RecipeDocument("images: {steps: 5}"))
    let noise = try RecipeLayer(origin: "b", settings: [("images.method", "noise")])
    #expect(try RunRecipe(resolving: [first, noise]).synthesis?.method == .noise)
    let steps = try RecipeLayer(origin: "c", settings: [("images.steps", "9")])
    let error = #expect(throws: KitError.self) {
      try RunRecipe(resolving: [noise, steps])
    }
    #expect(error?.description == "c: images.steps: has no meaning for images of method noise")
  }

  /// What a user asks for by name is never passed over.
  @Test func anotherMethodKeepsOptionsThatDoNotApply() throws {
    let base = RecipeLayer(origin: "a", document: try RecipeDocument("images: {method: psaq}"))
    let option = try RecipeLayer(
      origin: "--set", settings: [("images.attention-priors.on", "false")])
    let method = try RecipeLayer(origin: "options", settings: [("images.method", "psaq")])
    for layers in [[base, option], [option, method], [base, option, method]] {
      let error = #expect(throws: KitError.self) { try RunRecipe(resolving: layers) }
      #expect(
        error?.description
          == "--set: images.attention-priors.on: has no meaning for images of method psaq")
    }
  }

  /// Scales of each token come with uniform codes, and exclude others that a recipe asks for.
  @Test func scalesOfEachTokenHaveUniformCodes() throws {
    let scales = "quantization.activations.scales"
    let read = try recipe("quantization: {activations: {scales: per-token}}")
    #expect(read.quantization.activationScales == .perToken)
    #expect(read.quantization.geluCodes == .uniform)
    #expect(read.quantization.attentionCodes == .codebook)
    #expect((read.bitsName, read.modeName) == ("w4a4-per-token", "W4A4 per-token"))
    #expect(try recipe("").modeName == "W4A4")
    #expect(try recipe(read.text) == read)

    var document = try RecipeDocument(read.text)
    document.forgetChoices()
    let whole = RecipeLayer(origin: "a", document: document)
    let back = try RecipeLayer(origin: "b", settings: [(scales, "static")])
    #expect(
      try RunRecipe(resolving: [whole, back]).quantization
        == QuantizationRecipe(weightBits: 4, activationBits: 4))
  }

  @Test(arguments: [
    ("activations: {scales: per-token, gelu: codebook}", "activations.gelu", "codebook"),
    ("activations: {scales: per-token, normalized: adalog}", "activations.normalized", "adalog"),
    (
      "{activations: {scales: per-token}, overrides: [{layers: a, activation-codes: adalog}]}",
      "overrides", "adalog"
    ),
  ])
  func codesThatTokensCannotHaveAreRefused(_ text: String, _ key: String, _ found: String) throws {
    let body = text.hasPrefix("{") ? text : "{\(text)}"
    let error = #expect(throws: KitError.self) { try recipe("quantization: \(body)") }
    #expect(
      error?.description
        == "test.yml: line 1: quantization.\(key): expected uniform, as "
        + "quantization.activations.scales is per-token, found \(found)")
  }

  /// How many images of a method there are, and the steps that they get.
  struct Work: Sendable {
    var base: String
    var text = "{}"
    var settings: [String: String] = [:]
    var images = 32
    var steps: Int?
  }

  @Test(arguments: [
    Work(base: "best", images: 64, steps: 150),
    Work(base: "best", settings: ["images.method": "psaq"], images: 64, steps: 150),
    Work(base: "best", settings: ["images.method": "smi"], steps: 4000),
    Work(base: "best", settings: ["images.method": "smi", "images.steps": "9"], steps: 9),
    Work(base: "best", settings: ["images.method": "folder"]),
    Work(base: "paper", settings: ["images.method": "psaq"], steps: 500),
    Work(base: "best", text: "images: {method: sardfq}", steps: 1000),
    Work(
      base: "best", text: "images: {steps: 70, count: 5}", settings: ["images.method": "smi"],
      images: 5, steps: 70),
  ])
  func workOfANamedRecipeIsForItsMethod(_ work: Work) throws {
    let layers =
      try RecipeLayer.layers(of: work.base) + [
        RecipeLayer(origin: "test.yml", document: RecipeDocument(work.text)),
        RecipeLayer(origin: "options", settings: work.settings.map { ($0.key, $0.value) }),
      ]
    let recipe = try RunRecipe(resolving: layers)
    #expect(recipe.imageCount == work.images)
    #expect(recipe.synthesis?.stepCount == work.steps)
  }

  @Test func theStudentHasTheBitsOfTheRun() throws {
    let text = "images: {method: psaq-v2}\nquantization: {weights: {bits: 3}}\n"
    let student = try recipe(text).synthesis?.student
    #expect(student?.weightBits == 3)
    #expect(student?.activationBits == 4)
    let layers = [
      RecipeLayer(origin: "a", document: try RecipeDocument(text)),
      try RecipeLayer(origin: "b", settings: [("images.student.weights", "6")]),
    ]
    #expect(try RunRecipe(resolving: layers).synthesis?.student.weightBits == 6)
  }

  struct Bad: Sendable, CustomStringConvertible {
    var description: String { message }
    var text: String
    var message: String
  }

  static let defects = [
    Bad(
      text: "images:\n  stepz: 3\n",
      message: "line 2: images.stepz: unknown key: the nearest is 'images.steps'"),
    Bad(text: "iamges: {}", message: "line 1: iamges: unknown key: the nearest is 'images'"),
    Bad(
      text: "images:\n  learner: best",
      message: "line 2: images.learner: unknown key: the nearest is 'quantization.learner'"),
    Bad(
      text: "zzzzzzzz: 1",
      message:
        "line 1: zzzzzzzz: unknown key: expected base, images, quantization, seed"),
    Bad(
      text: "\nquantization:\n  weights:\n    bits: nine",
      message:
        "line 4: quantization.weights.bits: wrong type: expected a whole number from 3 to 8, "
        + "found 'nine'"),
    Bad(
      text: "quantization: {weights: {bits: 9}}",
      message:
        "line 1: quantization.weights.bits: out of range: expected a whole number from 3 to 8, "
        + "found '9'"),
    Bad(
      text: "quantization: {weights: 4}",
      message: "line 1: quantization.weights: expected keys with values"),
    Bad(
      text: "seed: {a: 1}",
      message: "line 1: seed: wrong type: expected a whole number from 0 to 18446744073709551615, "
        + "found keys with values"),
    Bad(
      text: "seed: -1",
      message:
        "line 1: seed: out of range: expected a whole number from 0 to 18446744073709551615, "
        + "found '-1'"),
    Bad(
      text: "images: {steps: 1e400}",
      message: "line 1: images.steps: out of range: expected a whole number from 1 to 1000000, "
        + "found '1e400'"),
    Bad(
      text: "quantization: {ridge-strength: .nan}",
      message: "line 1: quantization.ridge-strength: wrong type: expected a number from "
        + "2.2250738585072014e-308 to 1000000000.0, found '.nan'"),
    Bad(
      text: "quantization: {activations: {percentiles: []}}",
      message: "line 1: quantization.activations.percentiles: out of range: expected a list of "
        + "numbers from 0.501 to 1.0, found 'a list of 0'"),
    Bad(text: "images: {count: 4, count: 5}", message: "line 1: count: the key is there twice"),
    Bad(
      text: "seed: 1\nimages:\n  count: 4\n  counts: 4\n\n  \"count\" : 5\n",
      message: "line 6: count: the key is there twice"),
    Bad(
      text: "images: {count: 4}\nseed: 1\nimages: {count: 5}",
      message: "line 3: images: the key is there twice"),
    Bad(
      text: "images.count: 5\nimages: {count: 6}",
      message:
        "line 1: images.count: expected one name for each level, found names joined by dots"),
    Bad(
      text: "quantization:\n  weights.bits: 5",
      message: "line 2: quantization.weights.bits: expected one name for each level, "
        + "found names joined by dots"),
    Bad(
      text: "a: &x 1\nb: *x",
      message:
        "line 1: anchors and aliases are not allowed: put a pattern with & or * in quotes"),
    Bad(
      text: "quantization:\n  overrides:\n    - layers: *.fc2",
      message:
        "line 3: anchors and aliases are not allowed: put a pattern with & or * in quotes"),
    Bad(
      text: "quantization:\n  overrides:\n    - {layers: \"*\", weigths: 8}",
      message: "line 3: quantization.overrides.weigths: unknown key: the nearest is "
        + "'quantization.overrides.weights'"),
    Bad(
      text: "quantization:\n  overrides:\n    - {layers: \"*\", weights: 2}",
      message: "line 3: quantization.overrides.weights: out of range: expected a whole number from "
        + "3 to 8, found '2'"),
    Bad(
      text: "quantization:\n  overrides:\n    - {weights: 8}",
      message:
        "line 3: quantization.overrides: wrong type: expected a key 'layers' with a pattern, "
        + "found none"),
    Bad(
      text: "quantization:\n  overrides:\n    - {layers: \"x\"}",
      message: "line 3: quantization.overrides: wrong type: expected one of weights, activations, "
        + "weight-codes, activation-codes, attention-codes beside 'layers', found none"),
    Bad(
      text: "quantization:\n  overrides:\n    - layers: x\n      weights: 4\n      weights: 5",
      message: "line 5: weights: the key is there twice"),
    Bad(
      text: "base: papper",
      message: "line 1: base: unknown recipe 'papper': the nearest is 'paper'"),
    Bad(text: "- 1", message: "line 1: expected keys with values"),
  ]

  @Test(arguments: defects)
  func namesTheDefect(_ bad: Bad) {
    let error = #expect(throws: RecipeError.self) { try RecipeDocument(bad.text) }
    #expect(error?.description == bad.message)
  }

  /// Texts that a YAML reader could choke on end in an error, quickly.
  @Test(arguments: [
    String(repeating: "[", count: 60_000), String(repeating: "{a: ", count: 10_000),
    String(repeating: "a:\n ", count: 10_000), "\tseed: 1", "images: [", "\u{0}",
    "%YAML 9.9\n---\n",
    String(repeating: "- ", count: 30_000), "? [a]\n: b", String(repeating: "x", count: 70_000),
    "seed: 1\n---\nseed: 2",
  ])
  func refusesHostileText(_ text: String) {
    #expect(throws: RecipeError.self) { try RecipeDocument(text) }
  }

  /// A new setting needs a key, or a stored recipe would not make the same model again: add the
  /// key to `RecipeKey.all`, then the name here.
  @Test func everySettingHasAKey() {
    func names(_ value: Any) -> [String] { Mirror(reflecting: value).children.compactMap(\.label) }
    #expect(
      names(QuantizationRecipe(weightBits: 4, activationBits: 4)) == [
        "learner", "weightBits", "activationBits", "activationScales", "keepsEdgesAt8Bits",
        "weightCodes", "weightScales", "attentionCodes", "geluCodes",
        "tabulatesGELU", "normalizedCodes", "headCodes", "percentiles", "rotation",
        "rotatesHeads", "seed", "rotationCandidates", "rescalesNormalizedChannels",
        "centresNormalizedChannels", "outputFit", "ridgeStrength", "roundingDamping",
        "stepFactors", "learningRate", "iterations", "overrides",
      ])
    // Its checkpoint interval changes no result and has no key.
    #expect(
      names(SynthesisOptions()) == [
        "method", "imageCount", "stepCount", "seed", "learningRate", "augmentation",
        "totalVariation", "products", "attentionPriors", "semanticReinforcement", "softLabels",
        "student", "checkpointInterval",
      ])
    #expect(
      names(LayerOverride("a")) == [
        "pattern", "weightBits", "activationBits", "weightCodes", "activationCodes",
        "attentionCodes",
      ])
  }

  @Test func nearestNamesAreNear() {
    let names = ["steps", "count", "method", "learning-rate"]
    #expect(NearestName.of("stpes", among: names) == "steps")
    #expect(NearestName.of("learning_rate", among: names) == "learning-rate")
    #expect(NearestName.of("Count", among: names) == "count")
    #expect(NearestName.of("zebra", among: names) == nil)
    #expect(NearestName.of("x", among: []) == nil)
  }
}
