/// The extent of each axis of a tensor, outermost first.
///
/// Storage is row-major: the last axis is contiguous. A rank-0 shape has one element.
package struct Shape: Hashable, Sendable, Codable {
  package let dimensions: [Int]

  package init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "negative dimension in \(dimensions)")
    self.dimensions = dimensions
  }

  package subscript(axis: Int) -> Int { dimensions[axis] }
  package var rank: Int { dimensions.count }
  package var elementCount: Int { dimensions.reduce(1, *) }

  /// The extent of the contiguous axis; 1 for a scalar.
  package var width: Int { dimensions.last ?? 1 }

  /// The number of rows: runs of ``width`` contiguous elements.
  package var rowCount: Int { dimensions.dropLast().reduce(1, *) }
}

extension Shape {
  /// Whether all dimensions are at least 0 and there are at most `limit` elements.
  package static func isValid(_ dimensions: [Int], limit: Int) -> Bool {
    var count = 1
    for dimension in dimensions {
      let (product, overflows) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflows, product <= limit else { return false }
      count = product
    }
    return true
  }

  /// The largest number of elements that a file may ask for.
  package static let elementLimit = 1 << 31

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let dimensions = try container.decode([Int].self, forKey: .dimensions)
    guard Self.isValid(dimensions, limit: Self.elementLimit) else {
      throw DecodingError.dataCorruptedError(
        forKey: .dimensions, in: container, debugDescription: "no tensor has shape \(dimensions)")
    }
    self.init(dimensions)
  }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
  package init(arrayLiteral elements: Int...) { self.init(elements) }

  package var description: String {
    "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
  }
}
