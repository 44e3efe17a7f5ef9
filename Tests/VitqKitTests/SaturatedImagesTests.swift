import Testing
import VitqImage
import VitqKit
import VitqSynthesis
import VitqTensor

/// Which images count as thrown between the bounds of pixels.
struct SaturatedImagesTests {
  private static let preprocessing = Preprocessing(
    inputHeight: 1, inputWidth: 4, cropFraction: 1, interpolation: .bicubic,
    mean: [0.5, 0.4, 0.45],
    standardDeviation: [0.25, 0.5, 0.3])

  /// An image of [3, 1, 4] values with so many at a bound, the upper and the lower in turn.
  private func image(saturated count: Int) -> SynthesizedImage {
    let values = (0..<12).map { i -> Float in
      let (mean, deviation) = (
        Self.preprocessing.mean[i / 4], Self.preprocessing.standardDeviation[i / 4]
      )
      let pixel: Float = i < count ? Float(i % 2) : 0.3
      return (pixel - mean) / deviation
    }
    return SynthesizedImage(pixels: Tensor([3, 1, 4], values), classes: [], prior: nil)
  }

  @Test func aThirdOrThreeQuartersAreFine() {
    #expect(
      SaturatedImages(
        [image(saturated: 4), image(saturated: 9)], numbers: [0, 1], Self.preprocessing) == nil)
    #expect(SaturatedImages([], numbers: [], Self.preprocessing) == nil)
  }

  @Test func theWorstIsNamedByItsNumber() throws {
    let found = try #require(
      SaturatedImages(
        [image(saturated: 10), image(saturated: 0), image(saturated: 12)], numbers: [3, 7, 11],
        Self.preprocessing))
    #expect(found.worst == 11 && found.share == 1 && found.count == 2)
    #expect(
      found.warning(method: .sardfq)
        == "images of sardfq: 100 % of the values of image 11 are at the bounds of pixels, and "
        + "nearly all of 1 more: a learning rate may be too large")
  }
}
