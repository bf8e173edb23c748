//! A deserializer that leaves keys of the outermost mapping out, so that one wrong key does not spoil the rest.

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use std::collections::BTreeSet;
use std::fmt;

/// What is inside, without these keys.
pub(super) struct WithoutKeys<'k, I> {
    pub(super) inside: I,
    pub(super) keys: &'k BTreeSet<String>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for WithoutKeys<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inside.deserialize_any(WithoutKeys { inside: visitor, keys: self.keys })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inside.deserialize_struct(name, fields, WithoutKeys { inside: visitor, keys: self.keys })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inside.deserialize_map(WithoutKeys { inside: visitor, keys: self.keys })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WithoutKeys<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inside.expecting(formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, inside: A) -> Result<V::Value, A::Error> {
        self.inside.visit_map(WithoutKeys { inside, keys: self.keys })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inside: A) -> Result<V::Value, A::Error> {
        self.inside.visit_seq(inside)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inside.visit_unit()
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        self.inside.visit_str(text)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutKeys<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.inside.next_key::<String>()? {
            if self.keys.contains(&key) {
                self.inside.next_value::<IgnoredAny>()?;
            } else {
                let key: StringDeserializer<A::Error> = key.into_deserializer();
                return seed.deserialize(key).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inside.next_value_seed(seed)
    }
}
