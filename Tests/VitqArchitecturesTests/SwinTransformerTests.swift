import Testing
import VitqArchitectures
import VitqCheckpoints
import VitqGraph
import VitqOps
import VitqTensor
import VitqTestSupport

struct SwinTransformerTests {
  private static func operations(_ graph: Graph, named prefix: String) -> [String] {
    graph.nodes.filter { $0.name.hasPrefix(prefix) && !($0.operation is Constant) }
      .map { "\(type(of: $0.operation).mnemonic) \($0.name.dropFirst(prefix.count)) \($0.shape)" }
  }

  @Test func buildsTheGraphOfAShiftedBlock() throws {
    let graph = try ModelImporter.model(from: ArchiveInMemory.golden("swin")).graph
    #expect(
      Self.operations(graph, named: "layers.0.blocks.1.") == [
        "layer_norm norm1 [256, 16]",
        "window_partition attn.windows [256, 16]",
        "linear attn.qkv [256, 48]",
        "split_heads attn.q [32, 16, 8]",
        "split_heads attn.k [32, 16, 8]",
        "split_heads attn.v [32, 16, 8]",
        "matmul attn.scores [32, 16, 16]",
        "attention_bias attn.biased [32, 16, 16]",
        "softmax attn.softmax [32, 16, 16]",
        "matmul attn.context [32, 16, 8]",
        "merge_heads attn.merged [256, 16]",
        "linear attn.proj [256, 16]",
        "window_reverse attn.grid [256, 16]",
        "add add1 [256, 16]",
        "layer_norm norm2 [256, 16]",
        "linear mlp.fc1 [256, 32]",
        "gelu mlp.act [256, 32]",
        "linear mlp.fc2 [256, 16]",
        "add add2 [256, 16]",
      ])
    let biased = try #require(graph.nodes.first { $0.name == "layers.0.blocks.1.attn.biased" })
    #expect(
      biased.operands.map { "\(graph[$0].name) \(graph[$0].shape)" } == [
        "layers.0.blocks.1.attn.scores [32, 16, 16]",
        "layers.0.blocks.1.attn.relative_position_bias [2, 16, 16]",
        "layers.0.blocks.1.attn_mask [16, 16, 16]",
      ])
  }

  @Test func buildsTheGraphBetweenStagesAndAfterThem() throws {
    let graph = try ModelImporter.model(from: ArchiveInMemory.golden("swin")).graph
    #expect(
      Self.operations(graph, named: "layers.1.downsample.") == [
        "merge_patches merged [64, 64]", "layer_norm norm [64, 64]", "linear reduction [64, 32]",
      ])
    #expect(
      graph.nodes.suffix(5).filter { !($0.operation is Constant) }.map(\.name)
        == ["norm", "pool", "head.fc"])
    #expect(
      graph.landmarks.mapValues { graph[$0].name }.filter { !"\($0.key)".contains(".") } == [
        .image: "image", .patchTokens: "patch_embed.proj", .features: "pool", .logits: "head.fc",
      ])
    #expect(
      graph.landmarks[.attention(block: 2)].map { graph[$0].name }
        == "layers.1.blocks.0.attn.softmax")
  }

  /// The grids, windows and shifts of the stages, which timm's goldens check in values.
  @Test(
    arguments: [
      ("swin", ["16x16/4x4+0+0", "16x16/4x4+2+2", "8x8/4x4+0+0", "8x8/4x4+2+2"]),
      (
        "swin-padded",
        ["16x16/7x7+0+0", "16x16/7x7+3+3", "8x8/7x7+0+0", "8x8/7x7+3+3", "4x4/4x4+0+0"]
      ),
      (
        "swin-non-square",
        ["12x20/5x5+0+0", "12x20/5x5+2+2", "6x10/5x5+0+0", "3x5/3x5+0+0", "2x3/2x3+0+0"]
      ),
      (
        "swin-rectangular-window", ["16x16/2x4+0+0", "16x16/2x4+1+2", "8x8/2x4+0+0", "8x8/2x4+1+2"]
      ),
      (
        "swin-always-partition",
        ["8x8/5x5+0+0", "8x8/5x5+2+2", "4x4/5x5+0+0", "2x2/5x5+0+0", "2x2/5x5+0+0"]
      ),
    ])
  func windowsAreThoseOfTimm(_ name: String, _ expected: [String]) throws {
    let graph = try ModelImporter.model(from: ArchiveInMemory.golden(name)).graph
    let grids = graph.nodes.compactMap { ($0.operation as? WindowPartition)?.grid }
    #expect(
      grids.map { grid in
        "\(grid.height)x\(grid.width)/\(grid.windowHeight)x\(grid.windowWidth)"
          + "+\(grid.shiftRows)+\(grid.shiftColumns)"
      } == expected)
  }

  @Test func bothLayoutsGiveTheSameGraph() throws {
    let old = try ArchiveInMemory.golden("swin-old-layout")
    #expect(old.tensors.contains { $0.name == "layers.0.downsample.reduction.weight" })
    #expect(old.tensors.contains { $0.name.hasSuffix("relative_position_index") })
    var current = old
    current.tensors = old.tensors.compactMap { name, tensor in
      guard !name.hasSuffix("relative_position_index"), !name.hasSuffix("attn_mask") else {
        return nil
      }
      let moved = name.split(separator: ".").map(String.init)
      if moved.count > 2, moved[2] == "downsample", let stage = Int(moved[1]) {
        return ("layers.\(stage + 1).downsample." + moved[3...].joined(separator: "."), tensor)
      }
      return (name.hasPrefix("head.") ? "head.fc." + name.dropFirst(5) : name, tensor)
    }
    let graphs = try [old, current].map { try ModelImporter.model(from: $0).graph }
    #expect(graphs[0].description == graphs[1].description)
  }

  @Test func aConfigurationOfTimmIsEnough() throws {
    var archive = try ArchiveInMemory.golden("swin-rectangular-window")
    let expected = try ModelImporter.model(from: archive).graph.description
    archive.metadata = [:]
    func text(_ window: String) -> String {
      """
      {"architecture": "swin_tiny_patch4_window7_224", "num_classes": 7, "global_pool": "avg",
       "model_args": {"img_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [2, 2],
         "num_heads": [2, 4], "mlp_ratio": 2, "window_size": \(window)},
       "pretrained_cfg": {"input_size": [3, 32, 32], "crop_pct": 0.9, "interpolation": "bicubic",
         "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}
      """
    }
    for window in ["[2, 4]", "[[2, 4], [2, 4]]"] {
      #expect(
        try ModelImporter.model(from: archive, configurationText: text(window)).graph.description
          == expected)
    }
    let table = "layers.0.blocks.0.attn.relative_position_bias_table"
    #expect(
      throws: ArchitectureError.wrongShape(tensor: table, expected: [49, 2], found: [21, 2])
    ) { try ModelImporter.model(from: archive, configurationText: text("4")) }
    #expect(
      throws: ArchitectureError.biasTable(tensor: table, found: [21, 2], rows: 16, columns: 16)
    ) { try ModelImporter.model(from: archive, configurationText: text("null")) }
  }

  @Test(
    arguments: [
      (
        "layers.0.blocks.1.attn.relative_position_bias_table", [25, 2],
        .wrongShape(
          tensor: "layers.0.blocks.1.attn.relative_position_bias_table", expected: [49, 2],
          found: [25, 2])
      ),
      (
        "layers.1.downsample.reduction.weight", nil,
        .missingTensor("layers.1.downsample.reduction.weight", expected: [32, 64])
      ),
      ("head.fc.weight", nil, .noClassifier),
      ("extra", [2], .leftOverTensor("extra", found: [2])),
      (
        "layers.0.blocks.0.attn.logit_scale", [2, 1, 1],
        .unsupportedPart(
          tensor: "layers.0.blocks.0.attn.logit_scale", part: "the cosine attention of SwinV2")
      ),
      (
        "layers.40.blocks.0.norm1.weight", [16],
        .outOfRange(quantity: "stages", range: 1...8, found: 41)
      ),
      (
        "layers.1.blocks.300.norm1.weight", [16],
        .outOfRange(quantity: "depth of stage 1", range: 1...256, found: 301)
      ),
    ] as [(String, Shape?, ArchitectureError)])
  func refuses(_ name: String, _ shape: Shape?, with expected: ArchitectureError) throws {
    var archive = try ArchiveInMemory.golden("swin")
    archive[name] = shape.map { Tensor(zeros: $0) }
    #expect(throws: expected) { try ModelImporter.model(from: archive) }
  }

  @Test(
    arguments: [
      (
        #""window_size":[[4,4],[4,4]]"#, #""window_size":[[4,4]]"#,
        .contradiction(quantity: "window sizes", configuration: "1 stages", tensors: "2 stages")
      ),
      (
        #""window_size":[[4,4],[4,4]]"#, #""window_size":[[4,4],[4,0]]"#,
        .configurationValue(
          key: "vitq.window_size", expected: "sides of windows, as one of timm's forms",
          found: "[[4, 4], [4, 0]]")
      ),
      (
        #""window_size":[[4,4],[4,4]]"#, #""window_size":[[4,4],[5000,4]]"#,
        .outOfRange(quantity: "window height of stage 1", range: 1...4096, found: 5000)
      ),
      (
        #""always_partition":false"#, #""always_partition":1"#,
        .configurationValue(key: "vitq.always_partition", expected: "true or false", found: "1")
      ),
      (
        #""global_pool":"avg","window_size""#, #""global_pool":"token","window_size""#,
        .unsupported(
          quantity: "pooling of a Swin Transformer", found: "'token'", supported: "'avg'")
      ),
    ] as [(String, String, ArchitectureError)])
  func refusesAConfiguration(
    _ old: String, _ new: String, with expected: ArchitectureError
  ) throws {
    var archive = try ArchiveInMemory.golden("swin")
    archive.configure(old, new)
    #expect(throws: expected) { try ModelImporter.model(from: archive) }
  }
}
