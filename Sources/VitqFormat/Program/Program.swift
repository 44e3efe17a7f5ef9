/// A straight-line program for the runtime: what a quantized `.vitq` file holds.
///
/// The instruction set is closed and small on purpose. It is the whole contract between the
/// tools, which lower a graph to it, and the runtime, which executes it. Rows are tokens; an
/// instruction computes the rows it names of its target and may read any row of its sources.
package struct Program: Sendable, Equatable {
  /// The type of the elements of a buffer.
  package enum ElementType: UInt8, Sendable {
    /// Codes 0 … 255.
    case u8 = 0
    /// Codes minus their zero point, −128 … 127: keys and values.
    case s8 = 1
    case f32 = 2
  }

  /// A matrix of the activation arena; its row stride is chosen by the runtime.
  package struct Buffer: Sendable, Equatable {
    package var rows: Int
    package var columns: Int
    package var type: ElementType
    /// Rows are dealt to threads in groups of this many: 1, or the tokens of a window.
    package var group: Int

    package init(rows: Int, columns: Int, type: ElementType, group: Int = 1) {
      self.rows = rows
      self.columns = columns
      self.type = type
      self.group = group
    }
  }

  /// An index into ``buffers``.
  package struct BufferID: Hashable, Sendable {
    package let index: Int
    package init(index: Int) { self.index = index }
  }

  /// The type of the elements of rows that are constants.
  package enum ConstantType: UInt8, Sendable {
    case f32 = 0
    /// The upper half of an F32.
    case bf16 = 1
  }

  /// A tensor of the file, by name.
  package struct Constant: Hashable, Sendable {
    package let name: String
    package init(_ name: String) { self.name = name }
  }

  /// The packed weights of a linear layer and what scales its sums; see ``LinearScaling``.
  package struct Weights: Hashable, Sendable {
    /// Panels of 32 outputs × 4 inputs; see `formats/vitq.md`.
    package var panels: Constant
    /// 4 or 8 bits a weight.
    package var bits: Int
    /// The number of outputs; panels are padded to a multiple of 32.
    package var outputs: Int
    /// The number of inputs; panels are padded to a multiple of 32.
    package var inputs: Int
    /// F32, one for each output, padded like the panels.
    package var multipliers: Constant
    package var offsets: Constant
    /// F32 whole numbers, or `nil` if all weights are symmetric.
    package var zeroPoints: Constant?

    package init(
      panels: Constant, bits: Int, outputs: Int, inputs: Int, multipliers: Constant,
      offsets: Constant, zeroPoints: Constant?
    ) {
      self.panels = panels
      self.bits = bits
      self.outputs = outputs
      self.inputs = inputs
      self.multipliers = multipliers
      self.offsets = offsets
      self.zeroPoints = zeroPoints
    }
  }

  /// What happens to a result y of a linear layer before it is stored.
  package enum Epilogue: Sendable, Equatable {
    /// target = y, F32.
    case store
    /// target += y, F32: the residual stream.
    case accumulate
    /// target = code(y), u8; or code(y) − zero point, s8, if the target is s8.
    case quantize(UniformQuantizer)
    /// target = code(gelu(y)), u8; gelu in its polynomial form.
    case geluQuantize(UniformQuantizer)
  }

  /// How attention probabilities become integers before they multiply the values.
  package enum Probabilities: Sendable, Equatable {
    /// Codes of log2 p looked up as 16-bit fixed-point levels; unit 2⁻¹⁵.
    case log(LogQuantizer)
    /// u8 codes of p; unit `step`, zero point 0.
    case uniform(UniformQuantizer)
    /// Fine codes of log2 p, each of which has one of some levels; unit 2⁻¹⁵.
    case table(AttentionTableQuantizer)
  }

  package enum Instruction: Sendable, Equatable {
    /// target[r, c·P·P + i·P + j] = pixel byte c of the r-th P × P patch at (i, j); u8.
    ///
    /// Reads the session's image, [H, W, 3] bytes.
    case imagePatches(side: Int, target: BufferID)
    /// target[firstRow + r, :] = value[r, :]; F32, of a tensor of `type`.
    case fill(
      value: Constant, type: ConstantType, firstRow: Int, rows: Int, target: BufferID)
    /// Rows `rows` of source, a u8 buffer, times weights; result row r goes to r + targetOffset.
    case linear(
      source: BufferID, rows: Range<Int>, weights: Weights, epilogue: Epilogue,
      target: BufferID, targetOffset: Int)
    /// Layer normalisation of rows of an F32 buffer; F32 result if `quantizer` is nil, else u8.
    case layerNorm(
      source: BufferID, rows: Range<Int>, gamma: Constant, beta: Constant, epsilon: Float,
      quantizer: UniformQuantizer?, target: BufferID)
    /// target[rows] = code of source[rows]; F32 to u8.
    case quantize(source: BufferID, rows: Range<Int>, quantizer: UniformQuantizer, target: BufferID)
    /// target[rows] = the nearest level to each code, the lower one of two as near; u8, in place.
    ///
    /// Behind an instruction that quantizes to a grid, this makes the codes of a codebook; see
    /// ``CodebookQuantizer``.
    case codebook(target: BufferID, rows: Range<Int>, levels: [UInt8])
    /// target[rows] = table[code] for each code; u8, in place; the table has 256 entries.
    ///
    /// Behind a linear layer that quantizes its results, this makes the codes of what a function
    /// gives for them: GELU costs no arithmetic.
    case lookUp(target: BufferID, rows: Range<Int>, table: [UInt8])
    /// Rows of an F32 buffer to codes, each by a step and a zero point of its own.
    case quantizeRows(RowQuantization)
    /// The results of a linear layer whose input is such codes, of its sums.
    case rescaleRows(RowRescaling)
    /// Layer normalisation of gathered rows of an F32 buffer; F32 if it has no quantizer, else u8.
    case gatherNorm(GatherNorm)
    /// Adds the rows of a u8 buffer in window order times weights to the tokens they stand for;
    /// F32. Padding is dropped.
    case scatterLinear(ScatterLinear)
    /// Multi-head attention for the query rows `rows` over all keys, or over those of a window.
    ///
    /// Sums S = Σ (q − queryZeroPoint) k over a head are exact; t = (x − max x) · logitFactor in
    /// base-2 logarithm units, x = S or as ``Windows`` says; output = code(Σⱼ level(pⱼ) vⱼ ·
    /// valueFactor), or that sum times valueFactor, F32, without a quantizer.
    case attention(Attention)
    /// target[0, :] = mean over `rows` of source, F32.
    case mean(source: BufferID, rows: Range<Int>, target: BufferID)
    /// All threads wait: what follows reads rows that another thread wrote.
    case barrier
  }

  /// The operands of ``Instruction/attention(_:)``; queries, keys and values are [N, heads · width].
  package struct Attention: Sendable, Equatable {
    package var queries: BufferID
    package var keys: BufferID
    package var values: BufferID
    package var rows: Range<Int>
    /// `nil`: every query attends to every key.
    package var windows: Windows?
    package var heads: Int
    package var headWidth: Int
    package var queryZeroPoint: Int
    package var logitFactor: Float
    package var probabilities: Probabilities
    package var valueFactor: Float
    /// `nil`: the target is F32.
    package var quantizer: UniformQuantizer?
    package var target: BufferID

    package init(
      queries: BufferID, keys: BufferID, values: BufferID, rows: Range<Int>,
      windows: Windows? = nil, heads: Int, headWidth: Int, queryZeroPoint: Int, logitFactor: Float,
      probabilities: Probabilities,
      valueFactor: Float, quantizer: UniformQuantizer?, target: BufferID
    ) {
      self.queries = queries
      self.keys = keys
      self.values = values
      self.rows = rows
      self.windows = windows
      self.heads = heads
      self.headWidth = headWidth
      self.queryZeroPoint = queryZeroPoint
      self.logitFactor = logitFactor
      self.probabilities = probabilities
      self.valueFactor = valueFactor
      self.quantizer = quantizer
      self.target = target
    }
  }

  /// Height and width of the image in pixels.
  package var imageHeight: Int
  package var imageWidth: Int
  package var buffers: [Buffer] = []
  package var instructions: [Instruction] = []
  /// F32 [1, classes].
  package var logits: BufferID
  /// The buffer, F32 or u8, whose row 0 the classifier reads; `nil` if the program keeps none.
  package var features: BufferID?

  package init(imageHeight: Int, imageWidth: Int) {
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    logits = BufferID(index: 0)
  }

  /// Adds a buffer to the arena.
  package mutating func addBuffer(
    rows: Int, columns: Int, type: ElementType, group: Int = 1
  ) -> BufferID {
    buffers.append(Buffer(rows: rows, columns: columns, type: type, group: group))
    return BufferID(index: buffers.count - 1)
  }
}
