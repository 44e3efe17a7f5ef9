package import VitqImage
package import VitqSynthesis
import VitqTensor

/// Images nearly all of whose values are at the bounds of pixels: each step was so large that it
/// threw values from one bound to the other.
///
/// The loss of such images need not end above where it began. Those of runs that are fine have few
/// values there, a third at most where noise that is wider than the bounds is their start.
package struct SaturatedImages: Sendable, Equatable {
  /// The share of an image's values at a bound above which it is one of these.
  package static let limit = 0.75

  /// The number of the image with the largest share.
  package let worst: Int
  /// Its share.
  package let share: Double
  package let count: Int

  /// `nil` if there are none.
  ///
  /// - Parameters:
  ///   - images: Normalised images.
  ///   - numbers: Their numbers in the run.
  ///   - preprocessing: How pixels were normalised.
  package init?(_ images: [SynthesizedImage], numbers: [Int], _ preprocessing: Preprocessing) {
    let shares = zip(numbers, images).map { number, image in
      (number: number, share: Self.share(of: image, preprocessing))
    }.filter { $0.share > Self.limit }
    guard let worst = shares.max(by: { $0.share < $1.share }) else { return nil }
    (self.worst, share, count) = (worst.number, worst.share, shares.count)
  }

  /// The share of values that are 0 or 255 as bytes.
  private static func share(of image: SynthesizedImage, _ preprocessing: Preprocessing) -> Double {
    let elements = image.pixels.elements
    let plane = elements.count / max(preprocessing.mean.count, 1)
    let inner: ClosedRange<Float> = 0.5 / 255...254.5 / 255
    var count = 0
    for (channel, mean) in preprocessing.mean.enumerated() {
      let deviation = preprocessing.standardDeviation[channel]
      for value in elements[channel * plane..<(channel + 1) * plane]
      where !inner.contains(value * deviation + mean) { count += 1 }
    }
    return Double(count) / Double(max(elements.count, 1))
  }
}
