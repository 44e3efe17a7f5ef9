package import VitqImage
import VitqTensor

/// All images of a run on one page, each with its attention prior, if it has one, at its right.
package struct ContactSheet: Sendable {
  /// Images in a row; of many images more, so that the page has at most four rows for each.
  package var columns = 4
  /// Pixels between tiles and around them.
  package var gap = 8

  private static let paper: UInt8 = 255

  package init() {}

  /// Draws the page: images as the camera would have given them, priors from black (0) to white
  /// (the largest value of that prior) through red and yellow.
  ///
  /// - Parameters:
  ///   - images: Images of one size; at least one.
  ///   - preprocessing: How they are normalised.
  /// - Returns: The page.
  package func render(
    _ images: [SynthesizedImage], preprocessing: Preprocessing
  ) -> PixelBuffer {
    precondition(!images.isEmpty, "no images to draw")
    let (height, width) = (images[0].pixels.shape[1], images[0].pixels.shape[2])
    let widest = Int((Double(images.count) / 4).squareRoot().rounded(.up))
    let columns = min(max(columns, widest), images.count)
    let rows = (images.count + columns - 1) / columns
    let hasPriors = images.contains { $0.prior != nil }
    let (tileWidth, tileHeight) = ((hasPriors ? 2 : 1) * width + gap, height + gap)
    var page = Page(width: columns * tileWidth + gap, height: rows * tileHeight + gap)
    for (index, image) in images.enumerated() {
      let (top, left) = (
        gap + index / columns * tileHeight, gap + index % columns * tileWidth
      )
      let pixels = image.pixels.elements
      let largest = max(image.prior?.elements.max() ?? 0, .leastNormalMagnitude)
      for y in 0..<height {
        for x in 0..<width {
          let color = (0..<3).map { channel in
            let value = pixels[(channel * height + y) * width + x]
            return value * preprocessing.standardDeviation[channel] + preprocessing.mean[channel]
          }
          page.set(left + x, top + y, color)
          guard let prior = image.prior else { continue }
          let (row, column) = (y * prior.shape[0] / height, x * prior.shape[1] / width)
          let heat = prior.elements[row * prior.shape[1] + column] / largest
          page.set(left + width + x, top + y, [3 * heat, 3 * heat - 1, 3 * heat - 2])
        }
      }
    }
    return PixelBuffer(width: page.width, height: page.height, bytes: page.bytes)
  }

  private struct Page {
    let width: Int
    let height: Int
    var bytes: [UInt8]

    init(width: Int, height: Int) {
      self.width = width
      self.height = height
      bytes = Array(repeating: ContactSheet.paper, count: width * height * 3)
    }

    /// Colours one pixel; channels are in units of the range 0 … 1.
    mutating func set(_ x: Int, _ y: Int, _ color: [Float]) {
      for (channel, value) in color.enumerated() {
        let level = (min(max(value, 0), 1) * 255).rounded(.toNearestOrEven)
        bytes[(y * width + x) * 3 + channel] = UInt8(level)
      }
    }
  }
}
