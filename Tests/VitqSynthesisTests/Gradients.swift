import VitqAutodiff
import VitqTensor

/// Central differences of a loss that is computed in double precision.
///
/// Elements are multiples of 2⁻¹² and the step is a power of 2, so that no point is rounded.
enum CentralDifference {
  static let step: Float = 0x1p-7

  static func gradient(
    at point: MutableTensorView, of loss: () -> Double
  ) -> [Float] {
    (0..<point.shape.elementCount).map { i in
      let value = point[i]
      point[i] = value + step
      let above = loss()
      point[i] = value - step
      let below = loss()
      point[i] = value
      return Float((above - below) / Double(2 * step))
    }
  }
}

extension Arena {
  /// Consecutive places for tensors.
  static func views(_ shapes: Shape...) -> (arena: Arena, views: [MutableTensorView]) {
    let arena = Arena(elementCount: shapes.reduce(0) { $0 + $1.elementCount })
    var offset = 0
    let views = shapes.map { shape in
      defer { offset += shape.elementCount }
      return arena.view(at: offset, shape)
    }
    return (arena, views)
  }
}

extension MutableTensorView {
  /// Writes multiples of 2⁻¹².
  func copyRounded(from values: [Float]) {
    copy(from: values.map { ($0 * 4096).rounded() / 4096 })
  }

  var array: [Float] { view.tensor.elements }
}
