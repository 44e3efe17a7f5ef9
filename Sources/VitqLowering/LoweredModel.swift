package import VitqFormat

/// A program and the constants that it names.
package struct LoweredModel: Sendable, Equatable {
  package var program: Program
  package var constants: [LoweredConstant]

  package init(program: Program, constants: [LoweredConstant]) {
    self.program = program
    self.constants = constants
  }
}

/// A tensor of the file that a program reads.
package struct LoweredConstant: Sendable, Equatable {
  package enum Elements: Sendable, Equatable {
    /// Packed weights; see `PanelLayout`.
    case bytes([UInt8])
    case floats([Float])
  }

  package let name: String
  package let shape: [Int]
  package let elements: Elements

  package init(name: String, shape: [Int], elements: Elements) {
    self.name = name
    self.shape = shape
    self.elements = elements
  }
}

/// What a program computes besides the class scores.
package struct LoweringOptions: Sendable, Equatable {
  /// Whether every row of every block is computed, or only those that the class scores depend on.
  ///
  /// Class scores are the same; a program with all rows serves inspection.
  package var computesAllRows: Bool

  package init(computesAllRows: Bool = false) { self.computesAllRows = computesAllRows }
}
