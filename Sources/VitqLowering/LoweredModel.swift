package import VitqFormat
package import VitqGraph

/// A program and the constants that it names.
package struct LoweredModel: Sendable, Equatable {
  package var program: Program
  package var constants: [LoweredConstant]
  /// Where the codes of each quantizer node are after a run; empty unless
  /// ``LoweringOptions/keepsCodes``.
  package var codes: [NodeID: StoredRows]

  package init(
    program: Program, constants: [LoweredConstant], codes: [NodeID: StoredRows] = [:]
  ) {
    self.program = program
    self.constants = constants
    self.codes = codes
  }
}

/// Rows of a value in a buffer: row r of the value is row r + `shift` of the buffer, unless the
/// buffer has an order of its own.
package struct StoredRows: Sendable, Equatable {
  package var buffer: Program.BufferID
  package var shift: Int
  /// The windows in whose order the buffer holds the rows of the value, if not in the value's own.
  package var order: Program.WindowGrid?
  /// The rows of the value that the program computes.
  package var rows: Range<Int>
}

/// A tensor of the file that a program reads.
package struct LoweredConstant: Sendable, Equatable {
  package enum Elements: Sendable, Equatable {
    /// Packed weights; see `PanelLayout`.
    case bytes([UInt8])
    case floats([Float])
    /// The upper halves of numbers whose lower halves are 0.
    case bfloat16([UInt16])
    /// Zero points of weights.
    case signedBytes([Int8])
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
  /// Whether codes stay in memory to the end of the program, for comparison with the graph.
  package var keepsCodes: Bool

  package init(computesAllRows: Bool = false, keepsCodes: Bool = false) {
    self.computesAllRows = computesAllRows
    self.keepsCodes = keepsCodes
  }
}
