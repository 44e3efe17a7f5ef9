import Foundation
import Testing

/// Recipes, dry runs and the commands that measure, as a user types them.
struct RecipeCommandTests {
  private static let model = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")
  private static let quick = ["--images", "3", "--steps", "4"]

  /// The recipe in a model, and a dry run's output, make the same bytes again.
  @Test func aModelsRecipeMakesItAgain() throws {
    let folder = try TemporaryFolder.withModel()
    let first = try CommandRun(
      ["quantize", "--data-free", "-w", "5", "-o", "a.vitq"] + Self.quick, in: folder.url)
    #expect(first.status == 0, "\(first.errors)")
    let again = try CommandRun(
      ["quantize", "tiny-vit.vitq", "--recipe", "a.vitq", "-o", "b.vitq", "--work-dir", "w"],
      in: folder.url)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try folder.bytes("a.vitq") == folder.bytes("b.vitq"))

    let inspect = try CommandRun(["inspect", "a.vitq", "--recipe"], in: folder.url)
    let dry = try CommandRun(
      ["quantize", "tiny-vit.vitq", "--recipe", "a.vitq", "--dry-run"], in: folder.url)
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(dry.output.hasPrefix("# about "))
    #expect(dry.output.hasSuffix(inspect.output))
    try folder.write(Data(dry.output.utf8), as: "r.yml")
    let third = try CommandRun(
      ["quantize", "tiny-vit.vitq", "--recipe", "r.yml", "-o", "c.vitq"], in: folder.url)
    #expect(third.status == 0, "\(third.errors)")
    #expect(try folder.bytes("a.vitq") == folder.bytes("c.vitq"))
  }

  @Test(arguments: [
    ("blocks.*.mlp.fc2", ""), ("**.fc?", ""), ("blocks.0.attn.qkv.query", ""),
    ("blocks.*.attn.qkv", ""), ("blocks.0.mlp", ""),
    (
      "blocks.*.mlp.fc3",
      "no layer of the model matches 'blocks.*.mlp.fc3': the nearest is 'blocks.0.mlp.fc1'"
    ),
    ("zzz", "no layer of the model matches 'zzz': expected one that matches a name such as '"),
    // Parts of a name, and nodes that are no layers.
    ("blocks.0.ml", "no layer of the model matches 'blocks.0.ml'"),
    ("blocks.0.norm1", "no layer of the model matches 'blocks.0.norm1'"),
  ])
  func anOverrideIsForALayer(_ pattern: String, _ message: String) throws {
    let folder = try TemporaryFolder.withModel()
    let recipe = "quantization:\n  overrides:\n    - {layers: \"\(pattern)\", weights: 8}\n"
    try folder.write(Data(recipe.utf8), as: "r.yml")
    let run = try CommandRun(
      ["quantize", "tiny-vit.vitq", "--recipe", "r.yml", "--dry-run"] + Self.quick, in: folder.url)
    #expect(run.status == (message.isEmpty ? 0 : 78), "\(run.errors)")
    #expect(message.isEmpty || run.errors.contains(message), "\(run.errors)")
  }

  /// A learner brings what goes with it, over a named recipe as over that of a model.
  @Test func aLearnerBringsItsQuantizers() throws {
    let folder = try TemporaryFolder.withModel()
    func recipe(_ options: [String]) throws -> String {
      let plan = try json(
        CommandRun(
          ["quantize", "tiny-vit.vitq", "--dry-run", "--json"] + options + Self.quick,
          in: folder.url))
      return try #require(plan["recipe"] as? String)
    }
    let made = try CommandRun(
      ["quantize", "--data-free", "-o", "a.vitq"] + Self.quick, in: folder.url)
    #expect(made.status == 0, "\(made.errors)")
    for learner in ["sardfq", "repq", "erq", "gptq", "best"] {
      let named = try recipe(["--data-free", "--learner", learner])
      #expect(named.contains("\n  learner: \(learner)\n"))
      #expect(named.contains("codebook") == (learner == "best"))
      #expect(try recipe(["--recipe", "a.vitq", "--learner", learner]) == named)
    }
    let wrong = try CommandRun(["quantize", "--data-free", "--learner", "lsq"], in: folder.url)
    #expect(wrong.status == 64)
  }

  /// A mode of its own: in the file's name, and wherever bits are told.
  @Test func scalesOfEachTokenAreAModeOfTheirOwn() throws {
    let folder = try TemporaryFolder.withModel()
    let scales = ["--set", "quantization.activations.scales=per-token"]
    let quantize = try CommandRun(
      ["quantize", "--data-free", "--report", "r.html", "--save-graph", "g.vitq"] + scales
        + Self.quick, in: folder.url)
    #expect(quantize.status == 0, "\(quantize.errors)")
    let model = "tiny-vit.w4a4-per-token.vitq"
    #expect(quantize.output.hasPrefix("\(model): W4A4 per-token, "))
    #expect(String(decoding: try folder.bytes("r.html"), as: UTF8.self).contains("per-token"))
    let inspect = try CommandRun(["inspect", model], in: folder.url)
    #expect(inspect.output.contains(" × 4 bits per-token"), "\(inspect.output)")
    let recipe = try CommandRun(["inspect", model, "--recipe"], in: folder.url)
    #expect(recipe.output.contains("scales: per-token\n    gelu: uniform\n"))

    let labels = Self.model.appendingPathComponent("labels.csv").path
    let evaluation = try json(
      CommandRun(
        ["eval", labels, "--model", model, "--against", "g.vitq", "--limit", "40", "--json", "-q"],
        in: folder.url))
    #expect(evaluation["token_scales"] as? Bool == true)
    #expect(evaluation["identical_logits"] as? Bool == true)
    #expect((evaluation["engine"] as? String)?.hasSuffix(", per-token") == true)

    let contradiction = try CommandRun(
      ["quantize", "--data-free", "--set", "quantization.activations.gelu=codebook"] + scales
        + Self.quick, in: folder.url)
    #expect(contradiction.status == 78)
    #expect(contradiction.errors.contains("quantization.activations.gelu: expected uniform"))
  }

  @Test func comparesModelsBlockByBlock() throws {
    let folder = try TemporaryFolder.withModel()
    let quantize = try CommandRun(
      ["quantize", "--data-free", "--save-graph", "g.vitq"] + Self.quick, in: folder.url)
    #expect(quantize.status == 0, "\(quantize.errors)")
    let images = Self.model.appendingPathComponent("images").path
    func compare(_ a: String, _ b: String, _ threads: String) throws -> CommandRun {
      try CommandRun(
        ["compare", a, b, "--images", images, "--limit", "12", "--json", "-q", "-t", threads],
        in: folder.url)
    }
    let one = try compare("tiny-vit.vitq", "g.vitq", "1")
    #expect(try compare("tiny-vit.vitq", "g.vitq", "3").output == one.output)
    let graphs = try json(one)
    let blocks = try #require(graphs["blocks"] as? [[String: Any]])
    #expect(blocks.count == 4)
    // Rotations of the quantized graph are undone by the recipe in it: else this is near 0.
    for block in blocks { #expect(try #require(block["cosine"] as? Double) > 0.7) }
    #expect(try #require(graphs["layers"] as? [[String: Any]]).count > 16)
    // The program computes what the graph does, but only the class token of the last block.
    func figures(_ blocks: [[String: Any]]) -> [[Double?]] {
      blocks.dropLast().map { [$0["cosine"] as? Double, $0["snr_db"] as? Double] }
    }
    let packed = "tiny-vit.w4a4.vitq"
    for pair in [("tiny-vit.vitq", packed), (packed, "tiny-vit.vitq"), (packed, packed)] {
      let programs = try json(compare(pair.0, pair.1, "2"))
      let found = try #require(programs["blocks"] as? [[String: Any]])
      #expect(found.map { $0["tokens"] as? Int } == [37, 37, 37, 1])
      #expect(found.allSatisfy { $0["all_tokens"] as? Int == 37 })
      #expect(try #require(programs["layers"] as? [Any]).isEmpty)
      guard pair.1 == packed else { continue }
      if pair.0 == packed {
        #expect(found.allSatisfy { $0["cosine"] as? Double == 1 && $0["snr_db"] is NSNull })
      } else {
        #expect(programs["mean_kl"] as? Double == graphs["mean_kl"] as? Double)
        #expect(figures(found) == figures(blocks))
        #expect(try #require(found[3]["cosine"] as? Double) > 0.7)
      }
    }
    let text = try CommandRun(
      ["compare", packed, "g.vitq", "--images", images, "--limit", "2"], in: folder.url)
    #expect(text.output.contains("block 3 (token 0 of 37)  1.0000"), "\(text.output)")
    #expect(text.errors.contains("layers are compared where both models are graphs"))
    let turned = try CommandRun(
      ["quantize", "--data-free", "-o", "b.vitq", "--seed", "1"] + Self.quick, in: folder.url)
    #expect(turned.status == 0, "\(turned.errors)")
    let apart = try json(compare(packed, "b.vitq", "1"))
    #expect(apart["turned_apart"] as? Bool == true)
    #expect(try #require(apart["blocks"] as? [Any]).isEmpty)
    let same = try json(compare("tiny-vit.vitq", "tiny-vit.vitq", "2"))
    #expect(same["agreement"] as? Double == 1)
    #expect(same["mean_kl"] as? Double == 0)
    #expect(same["logits_snr_db"] is NSNull)
  }

  /// A quantized graph is a model beside the others, and none that could be quantized.
  @Test func aSavedGraphIsNoFullPrecisionModel() throws {
    let folder = try TemporaryFolder.withModel()
    for pass in 1...2 {
      let quantize = try CommandRun(
        ["quantize", "--data-free", "--save-graph", "g.vitq", "-q"] + Self.quick, in: folder.url)
      #expect(quantize.status == 0, "run \(pass): \(quantize.errors)")
    }
    for (name, kind) in [
      ("tiny-vit.vitq", "full-precision graph"), ("g.vitq", "quantized graph"),
      ("tiny-vit.w4a4.vitq", "packed program"),
    ] {
      let facts = try json(CommandRun(["inspect", name, "--json"], in: folder.url))
      #expect(facts["kind"] as? String == kind)
    }
    let bench = try json(
      CommandRun(["bench", "--runs", "1", "--warm-up", "0", "--json", "-q"], in: folder.url))
    let rows = try #require(bench["models"] as? [[String: Any]])
    #expect(
      rows.map { $0["model"] as? String } == ["tiny-vit.vitq", "g.vitq", "tiny-vit.w4a4.vitq"])
    let before = try folder.names
    for options in [
      ["quantize", "g.vitq", "--data-free", "--dry-run"],
      ["quantize", "g.vitq", "--data-free", "-o", "x.vitq"], ["synthesize", "g.vitq", "-o", "x"],
      ["sensitivity", "g.vitq", "--images", Self.model.path],
    ] {
      let run = try CommandRun(options, in: folder.url)
      #expect(run.status == 65)
      #expect(
        run.errors
          == "vitq: g.vitq: expected a full-precision model, found a quantized graph\n")
    }
    #expect(try folder.names == before)
  }

  @Test func sensitivityRanksEveryLayer() throws {
    let folder = try TemporaryFolder.withModel()
    func run(_ bits: String) throws -> [[String: Any]] {
      let report = try json(
        CommandRun(
          [
            "sensitivity", "--images", Self.model.path, "--limit", "3", "-w", bits, "-a", bits,
            "--json", "-q",
          ], in: folder.url))
      return try #require(report["layers"] as? [[String: Any]])
    }
    let coarse = try run("3")
    let costs = coarse.compactMap { $0["kl"] as? Double }
    #expect(costs.count == coarse.count && costs.count > 20)
    #expect(costs == costs.sorted(by: >))
    let fine = try run("8").compactMap { $0["kl"] as? Double }
    #expect(fine.reduce(0, +) < costs.reduce(0, +))
  }

  /// Images that 'synthesize' made, all or a part of them, serve where labels are not needed.
  @Test func measuresOnSynthesizedImages() throws {
    let folder = try TemporaryFolder.withModel()
    let options = ["synthesize", "tiny-vit.vitq", "-q", "--images", "5", "--steps", "4"]
    for more in [["-o", "all"], ["--shard", "2/2", "-o", "part"]] {
      let run = try CommandRun(options + more, in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
    for (images, count) in [("all", 5), ("part", 2)] {
      let ranked = try json(
        CommandRun(["sensitivity", "--images", images, "--json", "-q"], in: folder.url))
      #expect(ranked["images"] as? Int == count)
      let same = try json(
        CommandRun(
          ["compare", "tiny-vit.vitq", "tiny-vit.vitq", "--images", images, "--json", "-q"],
          in: folder.url))
      #expect(same["images"] as? Int == count)
      #expect(same["agreement"] as? Double == 1)
    }
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("empty"), withIntermediateDirectories: false)
    let none = try CommandRun(["sensitivity", "--images", "empty", "-q"], in: folder.url)
    #expect(none.status == 66)
    #expect(none.errors.contains("class folders or images of 'vitq synthesize'"))
  }

  /// Layers are quantized as the recipe says, of a name, a file, or a model.
  @Test func sensitivityFollowsTheRecipe() throws {
    let folder = try TemporaryFolder.withModel()
    func cost(_ options: [String]) throws -> Double {
      let report = try json(
        CommandRun(
          ["sensitivity", "--images", Self.model.path, "--limit", "2", "--json", "-q"] + options,
          in: folder.url))
      let layers = try #require(report["layers"] as? [[String: Any]])
      let product = layers.first { $0["layer"] as? String == "blocks.1.attn.context" }
      return try #require(product?["kl"] as? Double)
    }
    for codes in ["log2", "uniform"] {
      let recipe = "quantization:\n  activations:\n    attention: \(codes)\n"
      try folder.write(Data(recipe.utf8), as: "\(codes).yml")
    }
    let quantize = try CommandRun(
      ["quantize", "--recipe", "log2.yml", "-o", "log2.vitq", "-q"] + Self.quick, in: folder.url)
    #expect(quantize.status == 0, "\(quantize.errors)")
    let fullPrecision = ["tiny-vit.vitq"]
    let best = try cost(fullPrecision)
    let log2 = try cost(fullPrecision + ["--recipe", "log2.yml"])
    #expect(best == (try cost(fullPrecision + ["--recipe", "best"])))
    #expect(log2 == (try cost(fullPrecision + ["--recipe", "log2.vitq"])))
    #expect(Set([best, log2, try cost(fullPrecision + ["--recipe", "uniform.yml"])]).count == 3)
    #expect(best < log2)
  }

  /// Whatever the bits of activations, a program reads the pixels as bytes.
  @Test func sensitivityLeavesThePixels() throws {
    let folder = try TemporaryFolder.withModel()
    let costs = try ["3", "8"].map { bits -> [String: Any] in
      let report = try json(
        CommandRun(
          [
            "sensitivity", "--images", Self.model.path, "--limit", "2", "-a", bits, "--json", "-q",
          ], in: folder.url))
      let layers = try #require(report["layers"] as? [[String: Any]])
      return try #require(layers.first { $0["layer"] as? String == "patch_embed.proj" })
    }
    #expect(costs[0]["kl"] as? Double == costs[1]["kl"] as? Double)
    #expect(try #require(costs[0]["kl"] as? Double) > 0)
  }

  @Test func listsRecipes() throws {
    let folder = try TemporaryFolder()
    let names = try CommandRun(["recipes"], in: folder.url)
    for name in ["best", "paper", "fast", "w8a8"] { #expect(names.output.contains(name)) }
    let paper = try CommandRun(["recipes", "paper"], in: folder.url)
    #expect(paper.output.contains("  steps: 1000\n"))
    let keys = try CommandRun(["recipes", "--keys"], in: folder.url)
    #expect(keys.output.contains("quantization.weights.bits: a whole number from 3 to 8"))
  }
}
