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

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
  package init(arrayLiteral elements: Int...) { self.init(elements) }

  package var description: String {
    "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
  }
}
