import CVitqKernels
import VitqRuntime
import VitqTestSupport

/// A matrix in the memory layout of an arena, followed by bytes that a kernel must not touch.
final class KernelMatrix<Element: BitwiseCopyable & Equatable> {
  let rows: Int
  let columns: Int
  /// Bytes from row to row: columns rounded up to 32 elements.
  let stride: Int
  let memory: UnsafeMutableRawPointer
  private static var canary: UInt8 { 0xA5 }
  private let canaryByteCount = 256

  init(rows: Int, columns: Int, _ elements: (Int) -> Element) {
    self.rows = rows
    self.columns = columns
    stride = (columns + 31) / 32 * 32 * MemoryLayout<Element>.stride
    memory = .allocate(byteCount: rows * stride + canaryByteCount, alignment: 64)
    memory.initializeMemory(
      as: UInt8.self, repeating: Self.canary, count: rows * stride + canaryByteCount)
    for row in 0..<rows {
      for column in 0..<columns {
        self[row, column] = elements(row * columns + column)
      }
    }
  }

  deinit { memory.deallocate() }

  subscript(row: Int, column: Int) -> Element {
    get {
      memory.load(
        fromByteOffset: row * stride + column * MemoryLayout<Element>.stride, as: Element.self)
    }
    set {
      memory.storeBytes(
        of: newValue, toByteOffset: row * stride + column * MemoryLayout<Element>.stride,
        as: Element.self)
    }
  }

  var elements: [Element] {
    (0..<rows * columns).map { self[$0 / columns, $0 % columns] }
  }

  /// Whether the bytes past the last row are as they were.
  var isCanaryAlive: Bool {
    (0..<canaryByteCount).allSatisfy {
      memory.load(fromByteOffset: rows * stride + $0, as: UInt8.self) == Self.canary
    }
  }

  var pointer: UnsafeMutablePointer<Element> { memory.assumingMemoryBound(to: Element.self) }
}

/// Aligned scratch with a canary behind it.
func withScratch(_ byteCount: Int, _ body: (UnsafeMutableRawPointer) -> Void) -> Bool {
  let scratch = KernelMatrix<UInt8>(rows: 1, columns: byteCount) { _ in 0 }
  body(scratch.memory)
  return scratch.isCanaryAlive
}

/// The kernels of an instruction set.
func kernels(_ set: InstructionSet) -> vitq_integer_kernels {
  for value in 0..<UInt32(VITQ_ISA_COUNT) {
    let isa = vitq_isa(rawValue: value)
    if String(cString: vitq_isa_name(isa)) == set.name {
      return vitq_integer_kernels_for(isa).pointee
    }
  }
  preconditionFailure("no instruction set is named \(set.name)")
}

/// The kernels of the fastest instruction sets, the reference excepted.
let vectorSets = InstructionSet.available.filter { $0 != .scalar }
