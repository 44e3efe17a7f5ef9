import Testing
import VitqArchitectures
import VitqCheckpoints
import VitqGraph
import VitqTensor

struct VisionTransformerTests {
  @Test func buildsTheGraphOfAClassTokenModel() throws {
    var archive = try ArchiveInMemory.golden("class-token")
    for name in archive.tensors.map(\.name) where name.hasPrefix("blocks.1.") {
      archive[name] = nil
    }
    let graph = try ModelImporter.model(from: archive).graph
    let operations = graph.nodes.filter { type(of: $0.operation).mnemonic != "constant" }
    #expect(
      operations.map { "\(type(of: $0.operation).mnemonic) \($0.name) \($0.shape)" } == [
        "input image [3, 32, 32]",
        "image_patches patch_embed.patches [16, 192]",
        "linear patch_embed.proj [16, 32]",
        "concatenate tokens [17, 32]",
        "add embedding [17, 32]",
        "layer_norm blocks.0.norm1 [17, 32]",
        "linear blocks.0.attn.qkv [17, 96]",
        "split_heads blocks.0.attn.q [2, 17, 16]",
        "split_heads blocks.0.attn.k [2, 17, 16]",
        "split_heads blocks.0.attn.v [2, 17, 16]",
        "matmul blocks.0.attn.scores [2, 17, 17]",
        "softmax blocks.0.attn.softmax [2, 17, 17]",
        "matmul blocks.0.attn.context [2, 17, 16]",
        "merge_heads blocks.0.attn.merged [17, 32]",
        "linear blocks.0.attn.proj [17, 32]",
        "add blocks.0.add1 [17, 32]",
        "layer_norm blocks.0.norm2 [17, 32]",
        "linear blocks.0.mlp.fc1 [17, 64]",
        "gelu blocks.0.mlp.act [17, 64]",
        "linear blocks.0.mlp.fc2 [17, 32]",
        "add blocks.0.add2 [17, 32]",
        "select_rows selected [1, 32]",
        "layer_norm norm [1, 32]",
        "linear head [1, 7]",
      ])
  }

  @Test func marksWhatMethodsAskFor() throws {
    let graph = try ModelImporter.model(from: ArchiveInMemory.golden("class-token")).graph
    #expect(
      graph.landmarks.mapValues { graph[$0].name } == [
        .image: "image", .patchTokens: "patch_embed.proj",
        .attention(block: 0): "blocks.0.attn.softmax",
        .attentionOutput(block: 0): "blocks.0.attn.merged",
        .blockOutput(block: 0): "blocks.0.add2", .attention(block: 1): "blocks.1.attn.softmax",
        .attentionOutput(block: 1): "blocks.1.attn.merged",
        .blockOutput(block: 1): "blocks.1.add2", .features: "norm", .logits: "head",
      ])
  }

  @Test func understandsTheOldNamesOfLayerScale() throws {
    var archive = try ArchiveInMemory.golden("layer-scale")
    for block in 0..<2 {
      for branch in 1...2 {
        let gamma = archive["blocks.\(block).ls\(branch).gamma"]
        archive["blocks.\(block).ls\(branch).gamma"] = nil
        archive["blocks.\(block).gamma_\(branch)"] = gamma
      }
    }
    let graph = try ModelImporter.model(from: archive).graph
    #expect(graph.nodes.contains { $0.name == "blocks.1.ls2" })
  }

  @Test func leavesOutWhatTrainingLeftBehind() throws {
    var archive = try ArchiveInMemory.golden("class-token")
    archive["mask_token"] = Tensor(zeros: [1, 1, 32])
    #expect(throws: Never.self) { try ModelImporter.model(from: archive) }
  }

  @Test(
    arguments: [
      ("blocks.1.norm2.bias", nil, .missingTensor("blocks.1.norm2.bias", expected: [32])),
      ("blocks.0.attn.qkv.bias", nil, .leftOverTensor("blocks.1.attn.qkv.bias", found: [96])),
      ("head.weight", nil, .noClassifier),
      ("pos_embed", nil, .missingTensor("pos_embed", expected: nil)),
      (
        "patch_embed.proj.weight", [32, 192],
        .wrongShape(tensor: "patch_embed.proj.weight", expected: [0, 3, 0, 0], found: [32, 192])
      ),
      ("extra", [2], .leftOverTensor("extra", found: [2])),
      (
        "blocks.0.mlp.fc2.weight", [64, 32],
        .wrongShape(tensor: "blocks.0.mlp.fc2.weight", expected: [32, 64], found: [64, 32])
      ),
      (
        "pos_embed", [1, 197, 32],
        .positionEmbedding(
          expected: [1, 17, 32], found: [1, 197, 32], height: 32, width: 32, patch: 8)
      ),
      (
        "blocks.0.attn.q_norm.weight", [16],
        .unsupportedPart(
          tensor: "blocks.0.attn.q_norm.weight", part: "normalisation of queries and keys")
      ),
      (
        "attn_pool.latent", [1, 1, 32],
        .unsupportedPart(tensor: "attn_pool.latent", part: "attention pooling")
      ),
      (
        "pre_logits.fc.weight", [32, 32],
        .unsupportedPart(
          tensor: "pre_logits.fc.weight", part: "a representation layer before the head")
      ),
      ("blocks.400.norm1.bias", [32], .outOfRange(quantity: "depth", range: 1...256, found: 401)),
    ] as [(String, Shape?, ArchitectureError)])
  func refuses(_ name: String, _ shape: Shape?, with expected: ArchitectureError) throws {
    var archive = try ArchiveInMemory.golden("class-token")
    archive[name] = shape.map { Tensor(zeros: $0) }
    #expect(throws: expected) { try ModelImporter.model(from: archive) }
  }

  @Test func refusesWeightsThatAreNotNumbers() throws {
    var archive = try ArchiveInMemory.golden("class-token")
    archive["head.bias"] = Tensor([7], [0, 0, .nan, 0, 0, 0, 0])
    let error = #expect(throws: ArchitectureError.self) {
      try ModelImporter.model(from: archive)
    }
    #expect(
      error?.description == "tensor 'head.bias': element 2 is not a finite number: found nan")
  }
}
