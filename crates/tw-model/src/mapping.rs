//! Dynamic task mapping: what a mapped operator or group expands over (section 4 of the
//! scheduling rules). Only lengths matter to the server; the values stay with the worker.

use serde::{Deserialize, Serialize};

use crate::id::TaskId;

/// The input of an `expand` or `expand_kwargs` call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpandInput {
    /// `expand(a=…, b=…)`: the product of the lengths, in declaration order (S-4.15).
    DictOfLists(Vec<(String, MapInput)>),
    /// `expand_kwargs(…)`: one instance per item (S-4.15b).
    ListOfDicts(MapInput),
}

/// One input whose length counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapInput {
    /// Written in the DAG file; the length is known at parse.
    Literal {
        /// Number of items.
        len: u32,
    },
    /// The output of tasks; the length is known when they are done.
    XCom(XComArg),
}

/// A reference to task output, possibly transformed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XComArg {
    /// What a task pushed under `key`.
    Output {
        /// The producing task.
        task_id: TaskId,
        /// The XCom key; only `return_value` can be mapped over.
        key: String,
    },
    /// `.map(f)`: as long as its source (S-4.12).
    Map(Box<XComArg>),
    /// `.zip(…)`: the shortest part, or the longest with a fill value (S-4.13).
    Zip {
        /// The parts.
        args: Vec<XComArg>,
        /// Whether `fillvalue` was given.
        fill: bool,
    },
    /// `.concat(…)`: the sum (S-4.14).
    Concat(Vec<XComArg>),
}

impl XComArg {
    /// Calls `f` for every task whose output this refers to, left to right.
    pub fn for_each_task<'a>(&'a self, f: &mut impl FnMut(&'a TaskId)) {
        match self {
            Self::Output { task_id, .. } => f(task_id),
            Self::Map(arg) => arg.for_each_task(f),
            Self::Zip { args, .. } | Self::Concat(args) => args.iter().for_each(|a| a.for_each_task(f)),
        }
    }

    /// The length, given the length of each task's output; `None` if any needed one is unknown.
    pub fn len(&self, output_len: &impl Fn(&TaskId) -> Option<u32>) -> Option<u32> {
        match self {
            Self::Output { task_id, .. } => output_len(task_id),
            Self::Map(arg) => arg.len(output_len),
            Self::Zip { args, fill } => {
                let lens = args.iter().map(|a| a.len(output_len)).collect::<Option<Vec<_>>>()?;
                let pick = if *fill { lens.into_iter().max() } else { lens.into_iter().min() };
                Some(pick.unwrap_or(0))
            }
            Self::Concat(args) => {
                args.iter().map(|a| a.len(output_len)).try_fold(0u32, |sum, len| Some(sum.saturating_add(len?)))
            }
        }
    }
}

impl MapInput {
    /// The length, given the length of each task's output.
    pub fn len(&self, output_len: &impl Fn(&TaskId) -> Option<u32>) -> Option<u32> {
        match self {
            Self::Literal { len } => Some(*len),
            Self::XCom(arg) => arg.len(output_len),
        }
    }
}

impl ExpandInput {
    /// The inputs in declaration order.
    pub fn inputs(&self) -> impl Iterator<Item = &MapInput> {
        let (many, one) = match self {
            Self::DictOfLists(inputs) => (inputs.as_slice(), None),
            Self::ListOfDicts(input) => (&[][..], Some(input)),
        };
        many.iter().map(|(_, input)| input).chain(one)
    }

    /// Calls `f` for every task whose output the expansion needs.
    pub fn for_each_task<'a>(&'a self, f: &mut impl FnMut(&'a TaskId)) {
        for input in self.inputs() {
            if let MapInput::XCom(arg) = input {
                arg.for_each_task(f);
            }
        }
    }

    /// Number of instances, given the length of each task's output; `None` if one is unknown.
    ///
    /// ```
    /// use tw_model::{ExpandInput, MapInput};
    /// let input = ExpandInput::DictOfLists(vec![
    ///     ("a".into(), MapInput::Literal { len: 2 }),
    ///     ("b".into(), MapInput::Literal { len: 3 }),
    /// ]);
    /// assert_eq!(input.len(&|_| None), Some(6));
    /// ```
    pub fn len(&self, output_len: &impl Fn(&TaskId) -> Option<u32>) -> Option<u32> {
        self.inputs().try_fold(1u32, |product, input| Some(product.saturating_mul(input.len(output_len)?)))
    }

    /// Whether every length is known at parse (S-4.3).
    pub fn is_literal(&self) -> bool {
        self.inputs().all(|input| matches!(input, MapInput::Literal { .. }))
    }
}
