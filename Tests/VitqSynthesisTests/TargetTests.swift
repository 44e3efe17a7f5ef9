import Foundation
import Testing
import VitqSynthesis
import VitqTensor

/// What is drawn for an image.
struct TargetTests {
  @Test func priorsLeaveAShareToTheClassToken() {
    for image in 0..<200 {
      var random = ImageRandom(seed: 1, image: image, .attentionPriors)
      let prior = GaussianMixturePrior(rows: 14, columns: 14, &random)
      let sum = prior.values.reduce(0, +)
      #expect(prior.values.count == 196)
      #expect(prior.values.allSatisfy { $0 >= 0 })
      #expect(sum > 0 && sum <= 1 + 1e-6)
    }
  }

  /// Fractions of an independent implementation in Python over 20 000 draws.
  @Test func covariancesHaveTheirDistribution() {
    var random = ImageRandom(seed: 1, image: 0, .attentionPriors)
    let count = 20_000
    let variances = (0..<count).map { _ in
      GaussianMixturePrior.Component(&random).variances
    }
    func fraction(_ condition: (Double, Double) -> Bool) -> Double {
      Double(variances.filter { condition($0.major, $0.minor) }.count) / Double(count)
    }
    #expect(abs(fraction { $1 == 5 && $0 == 5 } - 0.416) < 0.015)
    #expect(abs(fraction { $1 < 0.5 } - 0.224) < 0.015)
    #expect(variances.allSatisfy { $0.minor > 0 && $0.minor <= $0.major && $0.major <= 5 })
  }

  /// The integral over the plane is 1: thin ellipses included.
  @Test(arguments: [GaussianMixturePrior.Form.gaussian, .laplace])
  func densitiesIntegrateToOne(_ form: GaussianMixturePrior.Form) {
    var random = ImageRandom(seed: 5, image: 0, .attentionPriors)
    var tested = 0
    while tested < 5 {
      let component = GaussianMixturePrior.Component(&random)
      guard component.variances.minor > 0.05 else { continue }
      tested += 1
      let step = 0.05
      var sum = 0.0
      for y in stride(from: -20.0, to: 20, by: step) {
        for x in stride(from: -20.0, to: 20, by: step) { sum += component.density(y, x, form) }
      }
      #expect(abs(sum * step * step - 1) < (form == .gaussian ? 1e-3 : 2e-2))
    }
  }

  @Test func softLabelsAreDistributions() {
    for image in 0..<50 {
      var random = ImageRandom(seed: 1, image: image, .softLabels)
      let labels = SoftLabels(
        classes: [7, 321], of: 1000, wantedScores: 5...10, &random)
      for distribution in [labels.image] + labels.parts {
        #expect(abs(distribution.reduce(0, +) - 1) < 1e-4)
      }
      #expect(labels.parts.count == 2)
      #expect((0.079...0.929).contains(labels.parts[0][7]))
      #expect((0.079...0.929).contains(labels.parts[1][321]))
      #expect(labels.parts[1][7] < 0.02)
      #expect(labels.image[7] > 0.0025 && labels.image[321] > 0.0025)
    }
  }

  @Test func oneHotLabelsNameTheFirstPartForTheImage() {
    let labels = SoftLabels(oneHot: [2, 0], of: 3)
    #expect(labels == SoftLabels(oneHot: [2, 0], of: 3))
    #expect(labels.image == [0, 0, 1])
    #expect(labels.parts == [[0, 0, 1], [1, 0, 0]])
  }

  @Test func partsAreDifferentQuadrants() {
    var counts: [Int: Int] = [:]
    for image in 0..<2000 {
      var random = ImageRandom(seed: 1, image: image, .cells)
      let windows = SemanticReinforcement(
        height: 224, width: 225, SemanticReinforcementOptions(), &random
      ).windows
      counts[windows.count, default: 0] += 1
      for (i, a) in windows.enumerated() {
        #expect([0..<112, 112..<224].contains(a.rows))
        #expect([0..<112, 112..<225].contains(a.columns))
        #expect(!windows[..<i].contains(a))
      }
    }
    #expect(counts.keys.sorted() == [1, 2, 3, 4])
    #expect(counts.values.allSatisfy { abs($0 - 500) < 80 })
  }

  @Test(arguments: [1, 2, 4, 6, 9])
  func rectanglesDoNotOverlap(_ maximum: Int) {
    var options = SemanticReinforcementOptions()
    (options.maximumParts, options.geometry) = (maximum, .rectangles)
    var largest = 0
    for image in 0..<300 {
      var random = ImageRandom(seed: 1, image: image, .cells)
      let windows = SemanticReinforcement(height: 224, width: 96, options, &random).windows
      largest = max(largest, windows.count)
      for (i, a) in windows.enumerated() {
        #expect((0..<224).contains(a.rows) && (0..<96).contains(a.columns))
        #expect(!a.rows.isEmpty && !a.columns.isEmpty)
        #expect(windows[..<i].allSatisfy { !$0.overlaps(a) })
      }
    }
    #expect(largest == maximum)
  }

  /// Along a row one component has one peak; what lies below the smallest number is level.
  @Test func aMixtureHasAtMostTheGivenComponents() {
    for image in 0..<100 {
      var random = ImageRandom(seed: 1, image: image, .attentionPriors)
      let prior = GaussianMixturePrior(rows: 30, columns: 30, maximumComponents: 1, &random)
      for row in 0..<30 {
        let values = prior.values[row * 30..<(row + 1) * 30]
        let slopes = zip(values, values.dropFirst()).map { $1 - $0 }.filter { $0 != 0 }
        #expect(zip(slopes, slopes.dropFirst()).allSatisfy { !($0 < 0 && $1 > 0) })
      }
    }
  }

  @Test func numbersDependOnAllCoordinates() {
    func first(_ seed: UInt64, _ image: Int, _ purpose: ImageRandom.Purpose, _ step: Int) -> UInt64
    {
      var random = ImageRandom(seed: seed, image: image, purpose, step: step)
      return random.next()
    }
    let streams = [
      first(0, 0, .pixels, 0), first(1, 0, .pixels, 0), first(0, 1, .pixels, 0),
      first(0, 0, .jitter, 0), first(0, 0, .pixels, 1), first(0, 1, .pixels, 1),
    ]
    #expect(Set(streams).count == streams.count)
    #expect(first(0, 0, .pixels, 0) == streams[0])
  }

  @Test func logarithmsAreThoseOfTheLibrary() {
    for x in [1e-300, 1e-9, 0.1, 0.5, 0.7071, 0.99999, 1, 1.5, 2.7, 1e12] {
      let (found, expected) = (ImageRandom.logarithm(x), log(x))
      #expect(abs(found - expected) <= 4e-16 * max(1, abs(expected)))
    }
  }

  @Test func noiseIsStandardNormal() {
    var noise = Noise()
    noise.imageCount = 2
    let images = noise.images([3, 100, 100])
    #expect(images.count == 2 && images[0] != images[1])
    for image in images {
      let count = Double(image.elements.count)
      let values = image.elements.map(Double.init)
      let mean = values.reduce(0, +) / count
      let variance = values.reduce(0) { $0 + $1 * $1 } / count
      let kurtosis = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
      #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.04 && abs(kurtosis - 3) < 0.25)
    }
  }
}
