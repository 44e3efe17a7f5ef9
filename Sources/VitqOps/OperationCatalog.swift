import VitqGraph

/// Every operation with attributes; ``Constant`` alone, whose value is a tensor, is apart.
///
/// A new operation is one file in `Ops/` and one line here. Archives decode through this list
/// and the tests run over it.
package enum OperationCatalog {
  package static let all: [any CatalogOperation.Type] = [
    Add.self,
    AttentionBias.self,
    Concatenate.self,
    FakeQuantize.self,
    FakeQuantizeAttentionTable.self,
    FakeQuantizeCodebook.self,
    FakeQuantizeLog.self,
    FakeQuantizeRows.self,
    GELU.self,
    ImagePatches.self,
    Input.self,
    LayerNorm.self,
    Linear.self,
    LogSoftmax.self,
    MatMul.self,
    MeanRows.self,
    MergeHeads.self,
    MergePatches.self,
    Multiply.self,
    SelectRows.self,
    Softmax.self,
    SplitHeads.self,
    WindowPartition.self,
    WindowReverse.self,
  ]

  package static func operation(named mnemonic: String) -> (any CatalogOperation.Type)? {
    all.first { $0.mnemonic == mnemonic }
  }
}
