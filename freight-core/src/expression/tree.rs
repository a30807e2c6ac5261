//! An expression as a tree.
//!
//! Names, types and function names are held as they are printed, so that equal trees have equal
//! text. Parentheses are nowhere: the shape of the tree says what they said.

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A string.
    Text(String),
    /// A number, perhaps negative.
    Number(String),
    /// A value with a name of its own: `NULL`, `CURRENT_DATE`, `*`.
    Word(String),
    /// What is kept as it was written: bytes, parameters, subqueries in parentheses.
    Verbatim(String),
    /// A string that says what it is: `DATE '2020-01-01'`, `_latin1 'x'`.
    Typed { kind: String, text: String },
    /// A column, perhaps with its table: the parts, quoted where they must be.
    Name(Vec<String>),
    /// `NOT x`.
    Not(Box<Node>),
    /// An operator before its operand.
    Prefix {
        operator: String,
        operand: Box<Node>,
    },
    /// An operator between two operands; also `COLLATE`, `LIKE` and `AT TIME ZONE`.
    Infix {
        operator: String,
        left: Box<Node>,
        right: Box<Node>,
    },
    /// `AND` or `OR` between two or more operands.
    Chain { and: bool, operands: Vec<Node> },
    /// Words after the operand: `IS NULL`, `IS NOT TRUE`.
    Postfix { operand: Box<Node>, words: String },
    /// `x IN (…)`, `x NOT IN (…)`.
    In {
        operand: Box<Node>,
        negated: bool,
        list: Vec<Node>,
    },
    /// `x BETWEEN a AND b`.
    Between {
        operand: Box<Node>,
        negated: bool,
        low: Box<Node>,
        high: Box<Node>,
    },
    /// `x = ANY (…)`, `x > ALL (…)`.
    Quantified {
        left: Box<Node>,
        operator: String,
        all: bool,
        right: Box<Node>,
    },
    /// A function.
    Call(Call),
    /// `CAST(x AS type)`.
    Cast { operand: Box<Node>, kind: String },
    /// `CASE`.
    Case {
        operand: Option<Box<Node>>,
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    },
    /// `ARRAY[…]`.
    Array(Vec<Node>),
    /// `ROW(…)`, `(a, b)`.
    Row(Vec<Node>),
    /// `x[i]`.
    Subscript {
        operand: Box<Node>,
        index: Box<Node>,
    },
    /// `(x).field`.
    Field { operand: Box<Node>, field: String },
    /// `INTERVAL x unit`.
    Interval { amount: Box<Node>, unit: String },
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Its name as it is printed, with its namespace where that is needed.
    pub(super) name: String,
    /// `DISTINCT` and the like, before the arguments.
    pub(super) before: String,
    /// The arguments, each with what stands before it: nothing, `,` or a word such as `FROM`.
    pub(super) arguments: Vec<(String, Node)>,
    /// What follows in the parentheses, such as `ORDER BY x`.
    pub(super) inside: String,
    /// What follows after them, such as `FILTER (WHERE x)`.
    pub(super) after: String,
}

impl Call {
    /// A plain call.
    pub(super) fn new(name: impl Into<String>, arguments: Vec<Node>) -> Self {
        let arguments = arguments.into_iter().enumerate();
        Self {
            name: name.into(),
            before: String::new(),
            arguments: arguments
                .map(|(index, node)| (separator(index).to_owned(), node))
                .collect(),
            inside: String::new(),
            after: String::new(),
        }
    }

    /// The arguments, if it is a plain call with nothing but commas.
    pub(super) fn plain(&self) -> Option<Vec<&Node>> {
        let is_plain = self.before.is_empty() && self.inside.is_empty() && self.after.is_empty();
        let mut arguments = self.arguments.iter().enumerate();
        let has_commas = arguments.all(|(index, (before, _))| before == separator(index));
        (is_plain && has_commas).then(|| self.arguments.iter().map(|(_, node)| node).collect())
    }
}

fn separator(index: usize) -> &'static str {
    match index {
        0 => "",
        _ => ",",
    }
}

impl Node {
    pub(super) fn infix(operator: impl Into<String>, left: Self, right: Self) -> Self {
        Self::Infix {
            operator: operator.into(),
            left: Box::new(left),
            right: Box::new(right),
        }
    }

    pub(super) fn cast(operand: Self, kind: impl Into<String>) -> Self {
        Self::Cast {
            operand: Box::new(operand),
            kind: kind.into(),
        }
    }

    pub(super) fn null() -> Self {
        Self::Word("NULL".to_owned())
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Word(word) if word == "NULL")
    }

    /// The same node over children that `change` has changed.
    pub(super) fn map(self, change: &mut dyn FnMut(Self) -> Self) -> Self {
        let mut boxed = |node: Box<Self>| Box::new(change(*node));
        match self {
            Self::Not(operand) => Self::Not(boxed(operand)),
            Self::Prefix { operator, operand } => Self::Prefix {
                operator,
                operand: boxed(operand),
            },
            Self::Infix {
                operator,
                left,
                right,
            } => Self::Infix {
                operator,
                left: boxed(left),
                right: boxed(right),
            },
            Self::Postfix { operand, words } => Self::Postfix {
                operand: boxed(operand),
                words,
            },
            Self::Between {
                operand,
                negated,
                low,
                high,
            } => Self::Between {
                operand: boxed(operand),
                negated,
                low: boxed(low),
                high: boxed(high),
            },
            Self::Quantified {
                left,
                operator,
                all,
                right,
            } => Self::Quantified {
                left: boxed(left),
                operator,
                all,
                right: boxed(right),
            },
            Self::Cast { operand, kind } => Self::Cast {
                operand: boxed(operand),
                kind,
            },
            Self::Subscript { operand, index } => Self::Subscript {
                operand: boxed(operand),
                index: boxed(index),
            },
            Self::Field { operand, field } => Self::Field {
                operand: boxed(operand),
                field,
            },
            Self::Interval { amount, unit } => Self::Interval {
                amount: boxed(amount),
                unit,
            },
            other => other.map_lists(change),
        }
    }

    /// [`Self::map`] for the nodes with any number of children.
    fn map_lists(self, change: &mut dyn FnMut(Self) -> Self) -> Self {
        match self {
            Self::Chain { and, operands } => Self::Chain {
                and,
                operands: operands.into_iter().map(change).collect(),
            },
            Self::In {
                operand,
                negated,
                list,
            } => Self::In {
                operand: Box::new(change(*operand)),
                negated,
                list: list.into_iter().map(change).collect(),
            },
            Self::Array(items) => Self::Array(items.into_iter().map(change).collect()),
            Self::Row(items) => Self::Row(items.into_iter().map(change).collect()),
            Self::Call(call) => Self::Call(Call {
                arguments: call
                    .arguments
                    .into_iter()
                    .map(|(before, node)| (before, change(node)))
                    .collect(),
                ..call
            }),
            Self::Case {
                operand,
                branches,
                otherwise,
            } => Self::Case {
                operand: operand.map(|node| Box::new(change(*node))),
                branches: branches
                    .into_iter()
                    .map(|(when, then)| (change(when), change(then)))
                    .collect(),
                otherwise: otherwise.map(|node| Box::new(change(*node))),
            },
            leaf => leaf,
        }
    }

    /// The children, in the order of the text.
    pub(super) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Text(_)
            | Self::Number(_)
            | Self::Word(_)
            | Self::Verbatim(_)
            | Self::Typed { .. }
            | Self::Name(_) => Vec::new(),
            Self::Not(operand)
            | Self::Prefix { operand, .. }
            | Self::Postfix { operand, .. }
            | Self::Cast { operand, .. }
            | Self::Field { operand, .. }
            | Self::Interval {
                amount: operand, ..
            } => vec![operand],
            Self::Infix { left, right, .. } | Self::Quantified { left, right, .. } => {
                vec![left, right]
            }
            Self::Subscript { operand, index } => vec![operand, index],
            Self::Between {
                operand, low, high, ..
            } => vec![operand, low, high],
            Self::Chain { operands, .. } => operands.iter().collect(),
            Self::Array(items) | Self::Row(items) => items.iter().collect(),
            Self::In { operand, list, .. } => std::iter::once(&**operand).chain(list).collect(),
            Self::Call(call) => call.arguments.iter().map(|(_, node)| node).collect(),
            Self::Case {
                operand,
                branches,
                otherwise,
            } => {
                let of_branches = branches.iter().flat_map(|(when, then)| [when, then]);
                let operand = operand.iter().map(|node| &**node);
                let otherwise = otherwise.iter().map(|node| &**node);
                operand.chain(of_branches).chain(otherwise).collect()
            }
        }
    }

    /// How many nodes lie above each other.
    pub(super) fn height(&self) -> usize {
        let children = self.children();
        1 + children
            .iter()
            .map(|child| child.height())
            .max()
            .unwrap_or(0)
    }

    /// True for what may be written twice where a form stands for two comparisons. Without a
    /// limit, such forms within each other would double with every level.
    pub(super) fn may_be_repeated(&self) -> bool {
        fn count(node: &Node, left: usize) -> Option<usize> {
            let left = left.checked_sub(1)?;
            node.children()
                .into_iter()
                .try_fold(left, |left, child| count(child, left))
        }
        count(self, 64).is_some()
    }

    /// True if this or anything in it is so.
    pub(super) fn any(&self, is_so: &dyn Fn(&Self) -> bool) -> bool {
        is_so(self) || self.children().iter().any(|child| child.any(is_so))
    }
}
