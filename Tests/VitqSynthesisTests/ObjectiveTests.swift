import Testing
import VitqAutodiff
import VitqSynthesis
import VitqTensor
import VitqTestSupport

/// The gradient of the whole objective by the pixels, through the model.
struct ObjectiveTests {
  private static let catalogue: [(terms: Set<SynthesisTerm>, pixels: Int)] = [
    (Set(SynthesisTerm.allCases), 0), (Set(SynthesisTerm.allCases), 3),
    ([], 0), ([.attentionPriors], -4), ([.semanticReinforcement], 1), ([.softLabels], 0),
    ([.totalVariation], 2), ([.semanticReinforcement, .softLabels], 5),
  ]

  @Test(arguments: catalogue.indices)
  func theGradientIsThatOfTheTotal(_ index: Int) throws {
    let (terms, pixels) = Self.catalogue[index]
    let graph = try TinyTransformer().graph
    let model = try SynthesisModel(graph)
    var options = SynthesisOptions()
    options.terms = terms
    let optimizer = ImageOptimizer(
      graph, constants: ConstantPool(graph), model, options, attentionWeight: 20,
      bounds: Array(repeating: -2...2, count: 3))
    optimizer.start(image: 0)
    let targets = ImageTargets(model, options, image: 0)
    func total() -> Double {
      optimizer.differentiate(targets, Jitter(pixels: pixels)).total
    }
    var generator = SplitMix64(seed: 9)
    let direction = generator.floats(model.imageShape.elementCount)
    let start = optimizer.image.array
    func moved(_ distance: Float) -> Double {
      optimizer.image.copy(from: zip(start, direction).map { $0 + distance * $1 })
      return total()
    }
    let difference = (moved(0x1p-8) - moved(-0x1p-8)) / Double(0x1p-7)
    _ = moved(0)
    let slope = zip(optimizer.gradient.array, direction).reduce(0.0) {
      $0 + Double($1.0) * Double($1.1)
    }
    #expect(slope != 0)
    #expect(Tolerance.finiteDifference.accepts([Float(slope)], [Float(difference)]))
  }

  @Test func theTotalIsTheWeightedSum() throws {
    let graph = try TinyTransformer().graph
    let model = try SynthesisModel(graph)
    let options = SynthesisOptions()
    let optimizer = ImageOptimizer(
      graph, constants: ConstantPool(graph), model, options, attentionWeight: 20,
      bounds: Array(repeating: -2...2, count: 3))
    optimizer.start(image: 0)
    let targets = ImageTargets(model, options, image: 0)
    let losses = optimizer.differentiate(targets, .none)
    let expected =
      20 * losses.attentionPriors + losses.image + losses.parts
      + 0.05 * 32.0.squareRoot() * losses.totalVariation
    #expect(Tolerance.rounding.accepts([Float(losses.total)], [Float(expected)]))
    #expect(losses.attentionPriors > 0 && losses.parts > 0 && losses.totalVariation > 0)
  }
}
