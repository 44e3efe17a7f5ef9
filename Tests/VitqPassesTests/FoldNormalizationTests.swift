import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor
import VitqTestSupport

struct FoldNormalizationTests {
  private let pass = FoldNormalization(mean: [0.5, 0.25, 0], standardDeviation: [0.5, 0.25, 2])

  @Test func foldsIntoThePatchEmbedding() throws {
    let graph = try embedding(isShared: false)
    let (folded, count) = try pass.rewrite(graph)
    #expect(count == 1)
    #expect(
      folded.description == """
        %0 = input() [3, 2, 2] "image"
        %1 = image_patches(%0) [1, 12] "patches"
        %2 = constant() [2, 12] "embed.pixel_weight"
        %3 = constant() [2] "embed.pixel_bias"
        %4 = linear(%1, %2, %3) [1, 2] "embed"
        return %4
        """)
    let pixels = Tensor([3, 2, 2], (0..<12).map { Float($0) / 11 })
    let normalized = Tensor(
      pixels.shape,
      pixels.elements.enumerated().map { i, x in
        (x - pass.mean[i / 4]) / pass.standardDeviation[i / 4]
      })
    let found = try folded.evaluated(on: pixels)
    let expected = try graph.evaluated(on: normalized)
    #expect(Tolerance.rounding.accepts(found[0].elements, expected[0].elements))
  }

  @Test func keepsPatchesThatAreReadTwice() throws {
    let graph = try embedding(isShared: true)
    #expect(try pass.run(on: graph).description == graph.description)
  }

  private func embedding(isShared: Bool) throws -> Graph {
    var generator = SplitMix64(seed: 2)
    var graph = Graph()
    let image = try graph.add("image", Input([3, 2, 2]))
    let patches = try graph.add("patches", ImagePatches(side: 2), [image])
    let w = try graph.add("w", Constant(Tensor([2, 12], generator.floats(24))))
    let b = try graph.add("b", Constant(Tensor([2], generator.floats(2))))
    let embed = try graph.add("embed", Linear(), [patches, w, b])
    graph.outputs = isShared ? [embed, patches] : [embed]
    return graph
  }
}
