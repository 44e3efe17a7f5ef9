package import VitqTensor

/// Bilinear interpolation to another size, and the transpose of that linear map.
///
/// Output i of n lies at (i + ½) · m/n − ½ of the m inputs, not below 0 (PyTorch's
/// `interpolate(mode="bilinear", align_corners=False)`).
package struct BilinearResize: Sendable {
  /// Where the outputs of one axis lie between its inputs.
  private struct Axis {
    var lower: [Int] = []
    var upper: [Int] = []
    /// The weight of `upper`; that of `lower` is the rest to 1.
    var weight: [Float] = []

    init(from inputs: Int, to outputs: Int) {
      for i in 0..<outputs {
        let position = (Double(i) + 0.5) * Double(inputs) / Double(outputs) - 0.5
        let clamped = max(position, 0)
        let index = min(Int(clamped), inputs - 1)
        lower.append(index)
        upper.append(min(index + 1, inputs - 1))
        weight.append(Float(clamped - Double(index)))
      }
    }
  }

  private let window: Window
  private let height: Int
  private let width: Int
  private let vertical: Axis
  private let horizontal: Axis

  /// The map from a window of an image to an image of `height` × `width`.
  package init(_ window: Window, height: Int, width: Int) {
    self.window = window
    self.height = height
    self.width = width
    vertical = Axis(from: window.rows.count, to: height)
    horizontal = Axis(from: window.columns.count, to: width)
  }

  /// Resizes the window of `image` [C, H, W] into `result` [C, height, width].
  package func apply(_ image: TensorView, into result: MutableTensorView) {
    var row = [Float](repeating: 0, count: window.columns.count)
    forEachRow(of: image.shape) { lower, upper, weight, target in
      for j in row.indices {
        row[j] = image[lower + j] + weight * (image[upper + j] - image[lower + j])
      }
      for j in 0..<width {
        let (a, b) = (row[horizontal.lower[j]], row[horizontal.upper[j]])
        result[target + j] = a + horizontal.weight[j] * (b - a)
      }
    }
  }

  /// Adds the transpose applied to `cotangent` [C, height, width] to the window of `gradient`.
  package func addTranspose(_ cotangent: TensorView, to gradient: MutableTensorView) {
    var row = [Float](repeating: 0, count: window.columns.count)
    forEachRow(of: gradient.shape) { lower, upper, weight, source in
      for j in row.indices { row[j] = 0 }
      for j in 0..<width {
        let value = cotangent[source + j]
        let part = horizontal.weight[j] * value
        row[horizontal.lower[j]] += value - part
        row[horizontal.upper[j]] += part
      }
      for j in row.indices {
        let part = weight * row[j]
        gradient[lower + j] += row[j] - part
        gradient[upper + j] += part
      }
    }
  }

  /// Calls `body` with the offsets of the two input rows in an image of `shape`, the weight of
  /// the second, and the offset of the output row.
  private func forEachRow(of shape: Shape, _ body: (Int, Int, Float, Int) -> Void) {
    let plane = shape[1] * shape[2]
    for channel in 0..<shape[0] {
      let corner = channel * plane + window.rows.lowerBound * shape[2] + window.columns.lowerBound
      for i in 0..<height {
        body(
          corner + vertical.lower[i] * shape[2], corner + vertical.upper[i] * shape[2],
          vertical.weight[i], (channel * height + i) * width)
      }
    }
  }
}

/// A rectangle of pixels.
package struct Window: Equatable, Sendable {
  package let rows: Range<Int>
  package let columns: Range<Int>

  package init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
  }
  package func overlaps(_ other: Window) -> Bool {
    rows.overlaps(other.rows) && columns.overlaps(other.columns)
  }
}
