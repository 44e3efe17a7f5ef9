package import VitqTensor

extension Encoding {
  /// The scale and zero point of an integer encoding with one of each, else `nil`.
  package var single: (scale: Float, zeroPoint: Float)? {
    guard case .integer(let scales, let zeroPoints) = self, scales.count == 1 else { return nil }
    return (scales[0], zeroPoints[0])
  }

  /// This encoding if it is the same for every element, so that elements may change places.
  package var movable: Encoding? { self == .real || single != nil ? self : nil }
}
