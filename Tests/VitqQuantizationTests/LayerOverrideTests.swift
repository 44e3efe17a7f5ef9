import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqOps
import VitqQuantization
import VitqTestModels

struct LayerOverrideTests {
  @Test(arguments: [
    ("head", "head", true),
    ("head", "head_dist", false),
    ("blocks.*.mlp.fc1", "blocks.10.mlp.fc1", true),
    ("blocks.*.fc1", "blocks.10.mlp.fc1", false),
    ("blocks.**.fc1", "blocks.10.mlp.fc1", true),
    ("**", "blocks.10.mlp.fc1", true),
    ("*", "blocks.10", true),
    ("blocks.*.attn.qkv", "blocks.10.attn.qkv.query", true),
    ("blocks.1", "blocks.10.attn.proj", false),
    ("blocks.1?", "blocks.10.attn.proj", true),
    ("blocks.?.attn.*", "blocks.1.attn.proj", true),
    ("blocks.?.attn.*", "blocks.10.attn.proj", false),
    ("a?b", "a.b", false),
    ("", "", true),
    ("*", "", true),
    ("ab", "abc", false),
    ("*b*", "aabbcc", true),
  ])
  func globsMatchNamesAndModules(_ pattern: String, _ name: String, _ isMatch: Bool) {
    #expect(LayerOverride(pattern).matches(name) == isMatch)
  }

  @Test func overridesChangeBitsAndCodesOfOneLayer() throws {
    var recipe = QuantizationRecipe(weightBits: 4, activationBits: 4)
    var all = LayerOverride("blocks.*.mlp.fc2")
    all.weightBits = 6
    var one = LayerOverride("blocks.1.mlp.fc2")
    one.weightBits = 8
    one.activationBits = 5
    one.activationCodes = .uniform
    var scores = LayerOverride("blocks.0.attn.scores")
    scores.activationBits = 7
    recipe.overrides = [all, one, scores]
    let model = RandomVisionTransformer("class token")
    let quantized = try Quantizer.quantize(
      model.graph(), mean: [0, 0, 0], standardDeviation: [1, 1, 1],
      images: model.images(2, seed: 5), recipe: recipe, workers: Workers(count: 2))
    func bits(_ role: QuantizerReport.Role, _ node: String) -> Int? {
      quantized.entries.first { $0.role == role && $0.node.hasPrefix(node) }?.bits
    }
    #expect(bits(.weight, "blocks.0.mlp.fc2") == 6)
    #expect(bits(.weight, "blocks.1.mlp.fc2") == 8)
    #expect(bits(.weight, "blocks.1.mlp.fc1") == 4)
    #expect(bits(.activation, "blocks.0.mlp.act") == 4)
    #expect(bits(.activation, "blocks.1.mlp.act") == 5)
    #expect(bits(.query, "blocks.0") == 7)
    #expect(bits(.key, "blocks.0") == 7)
    #expect(bits(.value, "blocks.0") == 4)
    let operations = Dictionary(
      uniqueKeysWithValues: quantized.graph.nodes.map { ($0.name, $0.operation) })
    #expect(operations["blocks.0.mlp.act.quantized"] is FakeQuantizeCodebook)
    #expect(operations["blocks.1.mlp.act.quantized"] is FakeQuantize)
  }
}
