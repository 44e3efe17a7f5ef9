import Foundation

/// How far a signal is from its reference, summed over images.
package struct SignalError: Sendable, Equatable {
  private var products = 0.0
  private var squares = 0.0
  private var otherSquares = 0.0
  private var errors = 0.0

  package init() {}

  /// The error of one image.
  init(reference: [Float], _ other: [Float]) {
    for (x, y) in zip(reference, other) {
      let (x, y) = (Double(x), Double(y))
      products += x * y
      squares += x * x
      otherSquares += y * y
      errors += (x - y) * (x - y)
    }
  }

  static func + (a: SignalError, b: SignalError) -> SignalError {
    var sum = a
    sum.products += b.products
    sum.squares += b.squares
    sum.otherSquares += b.otherSquares
    sum.errors += b.errors
    return sum
  }

  /// The cosine of the angle between both, all images as one vector; 1 for two zeros.
  package var cosine: Double {
    let norm = (squares * otherSquares).squareRoot()
    return norm > 0 ? products / norm : squares == otherSquares ? 1 : 0
  }

  /// Energy of the reference over that of the difference, in decibels; infinite if they are equal.
  package var signalToNoise: Double {
    errors > 0 ? 10 * log10(squares / errors) : .infinity
  }
}
